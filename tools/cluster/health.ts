import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, run, succeeds } from '../base/command.ts';
import { recordedDaemon } from '../base/daemon.ts';
import { isRunning } from '../base/process-identity.ts';
import { kubectl } from '../parts/kubectl.ts';
import type { Addresses } from './address.ts';
import { dnsServiceAddresses } from './control-plane.ts';
import { dnsManifest } from './dns.ts';
import { inNetwork } from './network.ts';
import type { Place } from './place.ts';
import { nodeName } from './programs.ts';

/** The record of a cluster that became ready. */
export interface Remembered {
  /** A hash of everything that the cluster was made from. */
  readonly version: string;
  readonly addresses: Addresses;
}

/** The record of the cluster, if it has that version and works. */
export async function healthy(place: Place, version: string): Promise<Remembered | undefined> {
  const remembered = await recall(place);
  if (remembered?.version !== version) return undefined;
  const records = await readdir(place.processes).catch(() => []);
  for (const record of records) {
    const daemon = await recordedDaemon(join(place.processes, record));
    if (daemon === undefined || !isRunning(daemon)) return undefined;
  }
  return (await nodeReady(place)) ? remembered : undefined;
}

/** The record of the cluster; undefined if it never became ready. */
export async function recall(place: Place): Promise<Remembered | undefined> {
  const file = memory(place);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Remembered) : undefined;
}

/** Records that the cluster became ready. */
export async function remember(place: Place, remembered: Remembered): Promise<void> {
  await writeFile(memory(place), JSON.stringify(remembered));
}

/** Whether the API server says that the node is ready. */
export async function nodeReady(place: Place): Promise<boolean> {
  const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  return (await ask(place, ['get', 'node', nodeName(place), '-o', ready])) === 'True';
}

/** Whether pods can be made in the default namespace. */
export async function hasDefaultAccount(place: Place): Promise<boolean> {
  return (
    (await ask(place, ['-n', 'default', 'get', 'serviceaccount', 'default', '-o', 'name'])) !==
    undefined
  );
}

/** Whether the cluster's DNS resolves the API server's name. */
export function dnsAnswers(place: Place): Promise<boolean> {
  const [program = '', ...rest] = inNetwork(place);
  const script = `
    const resolver = new (require('node:dns').promises.Resolver)({ timeout: 1000, tries: 1 });
    resolver.setServers(['${dnsServiceAddresses[0] ?? ''}']);
    resolver.resolve4('kubernetes.default.svc.cluster.local').catch(() => process.exit(1));`;
  return succeeds(program, [...rest, process.execPath, '-e', script]);
}

/** Deploys CoreDNS. */
export async function applyDns(place: Place, image: string): Promise<void> {
  const input = JSON.stringify(dnsManifest(image));
  await run(await kubectl(), ['--kubeconfig', place.kubeconfig, 'apply', '-f', '-'], { input });
}

/** The output of kubectl; undefined if it fails. */
async function ask(place: Place, args: readonly string[]): Promise<string | undefined> {
  const how = ['--kubeconfig', place.kubeconfig, '--request-timeout=5s'];
  try {
    return await run(await kubectl(), [...how, ...args]);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

function memory(place: Place): string {
  return join(place.directory, 'cluster.json');
}

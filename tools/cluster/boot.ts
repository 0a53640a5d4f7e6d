import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { succeeds } from '../base/command.ts';
import { type Daemon, startDaemon, untilReady } from '../base/daemon.ts';
import { answers } from '../base/probe.ts';
import type { Addresses } from './address.ts';
import { systemProcesses } from './cgroup.ts';
import { writeKeys, writeKubeconfig, writePair } from './keys.ts';
import { inNetwork } from './network.ts';
import type { Place } from './place.ts';
import {
  type Program,
  apiServerPort,
  nodeName,
  nodePrograms,
  programKubeconfig,
} from './programs.ts';

/** The programs to start, and their place. */
export interface BootPlan {
  readonly place: Place;
  readonly addresses: Addresses;
  /** The combined Kubernetes binary. */
  readonly kube: string;
}

/** Writes the keys and kubeconfigs of all programs, and the user's; returns the authority's certificate. */
export async function writeCredentials({ place, addresses }: BootPlan): Promise<string> {
  await mkdir(place.directory, { recursive: true });
  const authority = await writeKeys(place.keys, [addresses.node]);
  const server = apiServerUrl(addresses);
  const write = (file: string, commonName: string, organization?: string): Promise<void> => {
    const request = { commonName, ...(organization === undefined ? {} : { organization }) };
    return writeKubeconfig(file, server, { authority, cluster: place.name, request });
  };
  const node = `system:node:${nodeName(place)}`;
  await write(
    programKubeconfig(place, 'kube-controller-manager'),
    'system:kube-controller-manager',
  );
  await write(programKubeconfig(place, 'kube-scheduler'), 'system:kube-scheduler');
  await write(programKubeconfig(place, 'kube-proxy'), 'system:kube-proxy');
  await write(programKubeconfig(place, 'kubelet'), node, 'system:nodes');
  const serving = {
    commonName: node,
    organization: 'system:nodes',
    dnsNames: [nodeName(place)],
    addresses: [addresses.node],
  };
  await writePair(place.keys, 'kubelet', await authority.issue(serving));
  await write(place.kubeconfig, 'admin', 'system:masters');
  return authority.certificate;
}

/** Starts containerd and waits until it answers. */
export async function startContainerd(plan: BootPlan): Promise<void> {
  const { place } = plan;
  const containerd = await start(plan, 'containerd', [
    'containerd',
    '--config',
    join(place.directory, 'containerd.toml'),
  ]);
  await untilReady(
    containerd,
    () => succeeds('ctr', ['-a', place.containerdSocket, 'version']),
    20_000,
  );
}

/** Starts etcd and the API server and waits until it is ready. */
export async function startApi(plan: BootPlan, ca: string): Promise<void> {
  const { etcd, api } = nodePrograms(plan.place, plan.addresses);
  await startKube(plan, etcd);
  const apiServer = await startKube(plan, api);
  await untilReady(apiServer, () => answers(`${apiServerUrl(plan.addresses)}/readyz`, ca), 90_000);
}

/** Starts the programs that use the API server. Returns the kubelet, so that the caller can watch it. */
export async function startNode(plan: BootPlan): Promise<Daemon> {
  const { controllers, scheduler, kubelet, proxy } = nodePrograms(plan.place, plan.addresses);
  await startKube(plan, controllers);
  await startKube(plan, scheduler);
  await startKube(plan, proxy);
  return startKube(plan, kubelet);
}

/** The address of the API server, on the host and inside the cluster. */
export function apiServerUrl(addresses: Addresses): string {
  return `https://${addresses.node}:${String(apiServerPort)}`;
}

function startKube(plan: BootPlan, program: Program): Promise<Daemon> {
  return start(plan, program.name, [plan.kube, ...program.arguments]);
}

/** Inside the cluster's network and control group from the first moment. */
function start({ place }: BootPlan, name: string, command: readonly string[]): Promise<Daemon> {
  const enter = ['sh', '-c', 'echo $$ > "$0" && exec "$@"', systemProcesses(place)];
  return startDaemon({
    name,
    command: [...enter, ...inNetwork(place), ...command],
    log: join(place.logs, `${name}.log`),
    record: join(place.processes, `${name}.json`),
  });
}

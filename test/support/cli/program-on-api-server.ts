import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatReport, type LeavesReport, reportKey } from '../../../src/api/certificate-report.ts';
import { certificatesConfigMap, proxiesConfigMap } from '../../../src/api/control-plane-names.ts';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { kinds, type Kind } from '../../../src/api/kinds.ts';
import { reportedAtKey } from '../../../src/api/mesh-report.ts';
import { type ApiConnection, connect } from '../../../src/kubernetes/connect.ts';
import { run } from '../../../tools/base/command.ts';
import { kubectl } from '../../../tools/parts/kubectl.ts';
import { type ApiServer, startApiServer } from '../../../tools/real/api-server.ts';
import {
  certificateStories,
  type CertificateStory,
  retell,
  type StoryName,
} from '../stories/certificate-stories.ts';

export const namespace = 'weft-system';
const repository = join(import.meta.dirname, '../../..');

/** What a run of the program came to. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly complaint: string;
}

/** A run of the program that goes on. */
export interface Running {
  readonly lines: string[];
  /** Presses Ctrl-C, and waits for the end. */
  readonly interrupt: () => Promise<Ended>;
}

/** An API server of its own, where the kinds of Weft are not known at first, and the built program. */
export interface CliRig {
  readonly server: ApiServer;
  readonly admin: ApiConnection;
  readonly signal: AbortSignal;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  /** Writes a kubeconfig for that cluster and user; gives its path. */
  readonly kubeconfig: (name: string, cluster: object, token: string) => Promise<string>;
  /** A kubeconfig of a ServiceAccount of that name, made without any right. */
  readonly account: (name: string) => Promise<string>;
  readonly weft: (
    kubeconfig: string,
    args?: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => Promise<Ended>;
  readonly follow: (kubeconfig: string, args: readonly string[]) => Running;
  readonly stop: () => Promise<void>;
}

export async function startCliRig(): Promise<CliRig> {
  const server = await startApiServer();
  const folder = await mkdtemp(join(tmpdir(), 'weft-cli-rig-'));
  const program = join(folder, 'weft');
  await run('node', ['tools/cli/build.ts', program], { cwd: repository });
  const binary = await kubectl();
  const env = { KUBECONFIG: server.kubeconfigPath };
  const ask: CliRig['kubectl'] = (...args) => run(binary, args, { env, cwd: repository });
  await ask('create', 'namespace', namespace);
  const admin = await connect({ kubeconfig: server.kubeconfigPath });
  const over = new AbortController();
  const kubeconfig = kubeconfigIn(folder);
  return {
    server,
    admin,
    signal: over.signal,
    kubectl: ask,
    kubeconfig,
    account: async (name) => {
      await ask('create', 'serviceaccount', name, '-n', namespace);
      const token = await ask('create', 'token', name, '-n', namespace);
      const cluster = { server: server.url, 'certificate-authority': server.caFile };
      return kubeconfig(name, cluster, token.trim());
    },
    weft: (file, args = [], more = {}) => {
      const { ended } = start(program, statusOf(file, args), more);
      return ended;
    },
    follow: (file, args) => {
      const { child, lines, ended } = start(program, statusOf(file, [...args, '--watch']), {});
      const interrupt = (): Promise<Ended> => {
        child.kill('SIGINT');
        return ended;
      };
      return { lines, interrupt };
    },
    stop: async () => {
      over.abort();
      await admin.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const statusOf = (kubeconfig: string, args: readonly string[]): readonly string[] => [
  ...['certificate', 'status', '--kubeconfig', kubeconfig],
  ...args,
];

function kubeconfigIn(folder: string): CliRig['kubeconfig'] {
  return async (name, cluster, token) => {
    const file = join(folder, `${name}.kubeconfig`);
    const config = {
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  };
}

function start(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { child: ReturnType<typeof spawn>; lines: string[]; ended: Promise<Ended> } {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  let out = '';
  let complaint = '';
  const lines: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    lines.splice(0, lines.length, ...out.split('\n').slice(0, -1));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, out, complaint });
    });
  });
  return { child, lines, ended };
}

/** The story as it would be now, for the program has no clock but the real one. */
export function storyOf(name: StoryName): CertificateStory {
  return retell(certificateStories[name], Date.now());
}

/** Puts a story into the API server, in place of what is there, as operator and control plane write it. */
export async function tell(rig: CliRig, story: CertificateStory): Promise<void> {
  const { meshConfig, roots, health, reportedAt } = story;
  await clear(rig);
  await write(rig, kinds.meshConfig, meshConfig);
  for (const root of roots) await write(rig, kinds.meshRootCertificate, root);
  const maps = [
    ...(health === undefined ? [] : [reportOf(health)]),
    ...(reportedAt === undefined
      ? []
      : [dataOf(proxiesConfigMap, { [reportedAtKey]: reportedAt })]),
  ];
  for (const map of maps) await rig.admin.create(kinds.configMap, map, rig.signal);
}

/** Removes every object that a story may have. */
export async function clear({ kubectl: ask }: CliRig): Promise<void> {
  await ask('delete', 'meshconfig,meshrootcertificate', '--all', '-n', namespace, '--wait=true');
  const maps = [certificatesConfigMap, proxiesConfigMap];
  await ask('delete', 'configmap', ...maps, '-n', namespace, '--ignore-not-found');
}

/** An object, and its status if it has one. */
export async function write(
  rig: CliRig,
  kind: Kind,
  object: KubernetesObject & { readonly status?: unknown },
): Promise<void> {
  const { name, labels = {} } = object.metadata;
  const { status, ...rest } = { ...object, metadata: { name, namespace, labels } };
  await rig.admin.create(kind, rest, rig.signal);
  if (status !== undefined) await setStatus(rig, { kind, name }, status);
}

export async function setStatus(
  rig: CliRig,
  { kind, name }: { readonly kind: Kind; readonly name: string },
  status: unknown,
): Promise<void> {
  const patch = { value: { status }, subresource: 'status' } as const;
  await rig.admin.merge({ kind, namespace, name }, patch, rig.signal);
}

type DataMap = KubernetesObject & { readonly data: object };

function reportOf(health: LeavesReport): DataMap {
  const nobody = { step: 1, acknowledged: 0, total: 0, waiting: [] };
  const report = formatReport({
    step: 1,
    complete: true,
    roots: {},
    ...{ trust: nobody, leaves: nobody, channel: nobody },
    bootstraps: undefined,
    health,
  });
  return dataOf(certificatesConfigMap, { [reportKey]: report });
}

function dataOf(name: string, data: Readonly<Record<string, string>>): DataMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

/** The CA of the API server, as a kubeconfig holds it. */
export async function authorityOf({ server }: CliRig): Promise<string> {
  return (await readFile(server.caFile)).toString('base64');
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapFileNames, bootstrapFiles } from '../../../src/envoy/bootstrap.ts';
import { readyPath } from '../../../src/envoy/names.ts';
import { ports } from '../../../src/envoy/ports.ts';
import { renderRules } from '../../../src/injector/iptables.ts';
import type { EndpointMap } from '../../../src/policy/endpoints.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import type { ProxyView } from '../../../src/policy/view.ts';
import { createAssembler } from '../../../src/xds/resources/resource-set.ts';
import type { Resource } from '../../../src/xds/resources/resource.ts';
import { type CommandOptions, run, succeeds } from '../../../tools/base/command.ts';
import { envoyBinary } from '../../../tools/parts/envoy.ts';
import { type BeginTalk, type TestAds, startAds } from './ads.ts';
import { type MeshAuthority, makeMeshAuthority } from '../certificates/mesh-authority.ts';
import { type PodNetwork, layWire } from './pod-network.ts';
import { until } from '../time/until.ts';

const appUser = 1000;
const sidecarUser = 45_678;

/** A pod as Kubernetes and the injector would make it: interception, a real Envoy, an application. */
export interface TestPod extends Pick<PodNetwork, 'address' | 'address6'> {
  /** Waits until Envoy has its configuration. */
  ready(): Promise<void>;
  /** Runs a command as the application would and gives what it prints. */
  exec(command: readonly string[], options?: CommandOptions): Promise<string>;
  /** Starts an application of app.mjs and waits until its port is open. */
  serve(kind: AppKind, port: number, address?: string): Promise<void>;
  /** Waits until that port is open on the pod's loopback. */
  listens(port: number, host?: string): Promise<void>;
  /** GET through the pod's own network: status, headers and body as curl shows them. */
  get(url: string, ...options: string[]): Promise<Reply>;
  /** A page of Envoy's admin. */
  admin(path: string): Promise<string>;
  /** What Envoy printed: access log lines and messages. */
  log(): string;
}

export type AppKind = 'http' | 'h2c' | 'grpc' | 'https' | 'tcp' | 'talker' | 'greeter' | 'parrot';

export interface Reply {
  /** 0 when there was no HTTP answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the application of app.mjs says about the request. */
  readonly seen: {
    name?: string;
    url?: string;
    httpVersion?: string;
    headers?: Record<string, string>;
    /** The port that the connection to the application came from. */
    from?: number;
  };
  /** curl's exit code: 7 refused, 52 empty reply, 56 reset. */
  readonly exitCode: number;
}

/** A network, a CA and an xDS server for a few pods. */
export interface TestMesh {
  readonly ads: TestAds;
  readonly authority: MeshAuthority;
  readonly directory: string;
  /** Gives the proxy of that node id what its view says, with a certificate of `as` (or of the view's account). */
  offer(node: string, view: ProxyView, as?: readonly Resource[]): Promise<void>;
  /** The endpoints that offers from now on are made of. */
  endpoints: EndpointMap;
  /** A pod with a sidecar whose node id is `name`; with `sidecar: false` a stranger to the mesh. */
  pod(name: string, options?: { readonly sidecar: boolean }): Promise<TestPod>;
  stop(): Promise<void>;
}

/** `begin` converses with proxies in place of the least that they are content with. */
export async function startMesh(begin?: BeginTalk): Promise<TestMesh> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-envoy-'));
  await chmod(directory, 0o755);
  const ads = await startAds(join(directory, 'ads.sock'), begin);
  const authority = await makeMeshAuthority();
  const wire = await layWire();
  const children: ChildProcess[] = [];
  const assembler = createAssembler();
  const secrets = new Map<IdentityKey, readonly Resource[]>();
  const mesh: TestMesh = {
    ads,
    authority,
    directory,
    endpoints: new Map(),
    async offer(node, view, as) {
      const { account } = view.inbound;
      const own = as ?? secrets.get(account) ?? (await authority.secrets(account));
      if (as === undefined) secrets.set(account, own);
      ads.offer(node, assembler.assemble(view, mesh.endpoints, own));
    },
    async pod(name, { sidecar } = { sidecar: true }) {
      const home = join(directory, name);
      await mkdir(home);
      const network = await wire.pod(sidecar ? { v4: rules(4), v6: rules(6) } : noRules);
      return startPod({ name, home, network, children, ...(sidecar ? { ads } : {}) });
    },
    async stop() {
      await Promise.all(children.map(end));
      ads.stop();
      await wire.stop();
      await rm(directory, { recursive: true });
    },
  };
  return mesh;
}

const noRules = { v4: '*nat\nCOMMIT\n', v6: '*nat\nCOMMIT\n' };

/** The injector's rules, hooked up as the init container does it. */
function rules(family: 4 | 6): string {
  const interception = {
    inboundPortExclusions: [],
    outboundPortExclusions: [],
    rangeExclusions: [],
    rangeInclusions: [],
    interfaceExclusions: [],
    byPodIp: false,
  };
  const hooks = '-A PREROUTING -p tcp -j WEFT_INBOUND\n-A OUTPUT -p tcp -j WEFT_OUTBOUND\nCOMMIT\n';
  return renderRules(interception, family, sidecarUser).replace('COMMIT\n', hooks);
}

interface PodParts {
  readonly name: string;
  readonly home: string;
  readonly network: PodNetwork;
  readonly children: ChildProcess[];
  readonly ads?: TestAds;
}

async function startPod({ name, home, network, children, ads }: PodParts): Promise<TestPod> {
  const lines: string[] = [];
  const start = (user: number, command: readonly string[]): void => {
    const [program = '', ...args] = network.command(user, command);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
    children.push(child);
  };
  const exec = (command: readonly string[], options?: CommandOptions): Promise<string> => {
    const [program = '', ...args] = network.command(appUser, command);
    return run(program, args, options);
  };
  const untilWorks = (command: readonly string[]): Promise<unknown> =>
    until(
      () => {
        const [program = '', ...args] = network.command(appUser, command);
        return succeeds(program, args);
      },
      { seen: () => `${command.join(' ')}\n${lines.join('').slice(-4000)}` },
    );
  if (ads !== undefined) {
    const config = await writeBootstrap(home, ads.socket);
    start(sidecarUser, [await envoyBinary(), ...envoyArguments(name, config)]);
  }
  const listens = async (port: number, host = '127.0.0.1'): Promise<void> => {
    await untilWorks(['bash', '-c', `exec 3<>/dev/tcp/${host}/${String(port)}`]);
  };
  return {
    listens,
    address: network.address,
    address6: network.address6,
    exec,
    ready: async () => {
      await untilWorks(['curl', '-sf', `http://127.0.0.1:${String(ports.ready)}${readyPath}`]);
    },
    async serve(kind, port, address = '0.0.0.0') {
      const app = join(import.meta.dirname, 'app.mjs');
      const directory = join(home, '..');
      start(appUser, [process.execPath, app, kind, String(port), name, address, directory]);
      await listens(port, address === '::1' ? '::1' : '127.0.0.1');
    },
    get: (url, ...options) => curl(network, url, options),
    admin: (path) => exec(['curl', '-s', `http://127.0.0.1:${String(ports.admin)}${path}`]),
    log: () => lines.join(''),
  };
}

function envoyArguments(node: string, config: string): readonly string[] {
  return [
    ...['--config-path', config, '--service-node', node, '--service-cluster', 'test'],
    ...['--concurrency', '1', '--log-level', 'warning', '--disable-hot-restart'],
    ...['--drain-time-s', '2', '--drain-strategy', 'immediate', '--file-flush-interval-msec', '50'],
  ];
}

/** The real bootstrap but for one thing: the control plane is a socket file that needs no token. */
export async function writeBootstrap(home: string, socket: string): Promise<string> {
  const files = bootstrapFiles({
    ...{ controlPlane: 'localhost', controlPlanePath: '/x', port: 1, ipv6: true, addresses: [] },
  });
  const bootstrap = JSON.parse(files[bootstrapFileNames.bootstrap] ?? '') as {
    static_resources: { clusters: { name: string }[] };
  };
  const clusters = bootstrap.static_resources.clusters.filter(({ name }) => name !== 'xds');
  const endpoint = { endpoint: { address: { pipe: { path: socket } } } };
  const http2 = {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  };
  const xds = {
    name: 'xds',
    type: 'STATIC',
    load_assignment: { cluster_name: 'xds', endpoints: [{ lb_endpoints: [endpoint] }] },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2,
    },
  };
  bootstrap.static_resources.clusters = [xds, ...clusters];
  const path = join(home, 'bootstrap.json');
  await writeFile(path, JSON.stringify(bootstrap));
  return path;
}

async function curl(network: PodNetwork, url: string, options: readonly string[]): Promise<Reply> {
  const written = '\n%{http_code} %{exitcode}';
  const [program = '', ...args] = network.command(appUser, [
    ...['curl', '-s', '-i', '--max-time', '10', '-w', written, ...options, url],
  ]);
  const output = await new Promise<string>((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (some: string) => (text += some));
    child.on('close', () => resolve(text));
  });
  const [, page = '', status = '0', exitCode = '-1'] = /^([^]*)\n(\d+) (\d+)$/.exec(output) ?? [];
  const [head = '', body = ''] = page.split('\r\n\r\n', 2);
  return {
    status: Number(status),
    exitCode: Number(exitCode),
    body,
    headers: headersOf(head),
    seen: seenIn(body),
  };
}

function headersOf(head: string): Record<string, string> {
  const pairs = head.split('\r\n').slice(1);
  return Object.fromEntries(
    pairs.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
}

function seenIn(body: string): Reply['seen'] {
  try {
    return JSON.parse(body) as Reply['seen'];
  } catch {
    return {};
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await ended;
}

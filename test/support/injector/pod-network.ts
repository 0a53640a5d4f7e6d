import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { run } from '../../../tools/base/command.ts';
import { identify, isRunning } from '../../../tools/base/process-identity.ts';

const prefix = 'weft-test-nat-';

/** The addresses of both ends; the second network is an interface of its own. */
export const addresses = {
  pod: { v4: '192.0.2.1', v6: '2001:db8::1', second: '198.51.100.1' },
  peer: {
    v4: '192.0.2.2',
    v6: '2001:db8::2',
    second: '198.51.100.2',
    far: '203.0.113.9',
    farV6: '2001:db8:9::9',
  },
} as const;

/** More addresses of the peer's. */
export const strangers = {
  v4: Array.from({ length: 20 }, (_, at) => `192.0.2.${100 + at}`),
  v6: Array.from({ length: 20 }, (_, at) => `2001:db8::${100 + at}`),
} as const;

/** Two network namespaces that see each other and nothing else: a pod, and the rest of the world. */
export interface PodNetwork extends AsyncDisposable {
  /** Runs a command in the pod's namespace and gives its output. */
  inPod(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  /** Answers each connection to these `address|port` with `<end>:<port that it reached>`. */
  listen(end: 'pod' | 'peer', at: readonly string[]): Promise<void>;
  /**
   * How many of so many connections from this address of the peer's, all held open, something answers. The kernel takes
   * ended connections off its count some at a time (nf_conncount), so a test that counts needs an address of its own.
   */
  reach(source: string, count: number, target: { host: string; port: number }): Promise<number>;
  /** The same for 30 connections from each of these addresses, and then, while these last, 20 from the peer's own. */
  crowd(
    sources: readonly string[],
    target: { host: string; port: number },
  ): Promise<{ readonly strangers: number; readonly own: number }>;
  /** What answers there: `<end>:<port>`, or "" when nothing does within three seconds. */
  ask(from: 'pod' | 'peer', target: { host: string; port: number; user?: number }): Promise<string>;
}

/** Makes the two namespaces, first clearing those that killed runs left behind. */
export async function makePodNetwork(): Promise<PodNetwork> {
  await clearLeftovers();
  const own = identify(process.pid);
  const stem = `${prefix}${process.pid}-${own?.startTime ?? ''}`;
  const names = { pod: `${stem}-pod`, peer: `${stem}-peer` };
  const stops: (() => Promise<void>)[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(stops.map((stop) => stop()));
    await remove([names.pod, names.peer]);
  };
  await build(names).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });

  const enter = (end: 'pod' | 'peer', command: readonly string[], env = {}): Promise<string> =>
    run('ip', ['netns', 'exec', names[end], ...command], { env });
  return {
    inPod: (command, env) => enter('pod', command, env),
    listen: async (end, at) => {
      stops.push(await startListeners(names[end], end, at));
    },
    reach: async (source, count, { host, port }) => {
      const node = [process.execPath, '-e', reachProgram, host, String(port), `${source}*${count}`];
      return Number(await enter('peer', ['timeout', '20', ...node]));
    },
    crowd: async (sources, { host, port }) => {
      const own = host.includes(':') ? addresses.peer.v6 : addresses.peer.v4;
      const rounds = [...sources.map((source) => `${source}*30`), `${own}*20`];
      const node = [process.execPath, '-e', reachProgram, host, String(port), ...rounds];
      const counts = (await enter('peer', ['timeout', '20', ...node])).split(' ').map(Number);
      const last = counts.pop() ?? 0;
      return { strangers: counts.reduce((sum, count) => sum + count, 0), own: last };
    },
    ask: async (from, { host, port, user = 0 }) => {
      const connect = 'exec 3<>"/dev/tcp/$0/$1" && cat <&3';
      const as = ['setpriv', `--reuid=${user}`, '--clear-groups'];
      const call = ['timeout', '3', 'bash', '-c', connect, host, String(port)];
      return enter(from, [...as, ...call]).catch(() => '');
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function build(names: { readonly pod: string; readonly peer: string }): Promise<void> {
  const { pod, peer } = names;
  await run('ip', ['netns', 'add', pod]);
  await run('ip', ['netns', 'add', peer]);
  for (const link of ['eth0', 'eth1'])
    await run('ip', [
      'link',
      'add',
      link,
      'netns',
      pod,
      'type',
      'veth',
      'peer',
      link,
      'netns',
      peer,
    ]);
  const { v4, v6, second } = addresses.pod;
  await run('ip', ['-netns', pod, '-batch', '-'], {
    input: batch({ eth0: [`${v4}/24`, `${v6}/64`], eth1: [`${second}/24`] }, [
      `route add default via ${addresses.peer.v4}`,
      `route add default via ${addresses.peer.v6}`,
    ]),
  });
  const far = [`${addresses.peer.far}/32`, `${addresses.peer.farV6}/128`];
  await run('ip', ['-netns', peer, '-batch', '-'], {
    input: batch(
      {
        lo: far,
        eth0: [
          ...[addresses.peer.v4, ...strangers.v4].map((address) => `${address}/24`),
          ...[addresses.peer.v6, ...strangers.v6].map((address) => `${address}/64`),
        ],
        eth1: [`${addresses.peer.second}/24`],
      },
      [],
    ),
  });
}

function batch(
  links: Readonly<Record<string, readonly string[]>>,
  routes: readonly string[],
): string {
  const all: Readonly<Record<string, readonly string[]>> = { lo: [], ...links };
  const up = Object.entries(all).flatMap(([link, own]) => [
    `link set ${link} up`,
    ...own.map(
      (address) => `addr add ${address} dev ${link}${address.includes(':') ? ' nodad' : ''}`,
    ),
  ]);
  return [...up, ...routes, ''].join('\n');
}

const listenerProgram = `
  const net = require('node:net');
  const [end, ...at] = process.argv.slice(1);
  const up = at.map((one) => new Promise((ready, failed) => {
    const [host, port] = one.split('|');
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.end(end + ':' + socket.localPort);
    });
    server.on('error', failed);
    server.listen({ host, port: Number(port) }, ready);
  }));
  Promise.all(up).then(() => process.stdout.write('ready'), (error) => { throw error; });
`;

/** Each round, `<source>*<count>`, begins when all of the round before are decided; nothing is closed. */
const reachProgram = `
  const net = require('node:net');
  const [host, port, ...rounds] = process.argv.slice(1);
  const reached = (localAddress) => new Promise((decide) => {
    net.connect({ host, port: Number(port), allowHalfOpen: true, localAddress })
      .once('data', () => decide(1))
      .once('error', () => decide(0));
  });
  (async () => {
    const counts = [];
    for (const round of rounds) {
      const [source, count] = round.split('*');
      const all = await Promise.all(Array.from({ length: Number(count) }, () => reached(source)));
      counts.push(all.reduce((sum, one) => sum + one, 0));
    }
    process.stdout.write(counts.join(' '), () => process.exit());
  })();
`;

async function startListeners(
  namespace: string,
  end: string,
  at: readonly string[],
): Promise<() => Promise<void>> {
  const node = [process.execPath, '-e', listenerProgram, end, ...at];
  const tied = ['setpriv', '--pdeathsig', 'KILL', ...node];
  const child = spawn('ip', ['netns', 'exec', namespace, ...tied], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`no listeners at ${at.join(' ')}`))),
  ]);
  return async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
}

async function clearLeftovers(): Promise<void> {
  const found = await readdir('/run/netns').catch(() => []);
  const dead = found.filter((name) => {
    if (!name.startsWith(prefix)) return false;
    const [pid, startTime = ''] = name.slice(prefix.length).split('-');
    return !isRunning({ pid: Number(pid), startTime });
  });
  await remove(dead);
}

async function remove(namespaces: readonly string[]): Promise<void> {
  for (const name of namespaces)
    await run('ip', ['netns', 'delete', name]).catch(() =>
      rm(`/run/netns/${name}`, { force: true }),
    );
}

import { randomBytes } from 'node:crypto';
import { run } from '../../../tools/base/command.ts';

const bridge = 'br0';
const podRange = '10.77.0';
const podRange6 = 'fd77::';

/** A pod's own network: an address of each family, reachable from the other pods of its wire only. */
export interface PodNetwork {
  readonly address: string;
  readonly address6: string;
  /** How to start a program inside, as some user. */
  command(user: number, command: readonly string[]): readonly string[];
}

/** Network namespaces joined by a bridge in one of their own: nothing of the machine's is touched. */
export interface Wire {
  pod(rules: { readonly v4: string; readonly v6: string }): Promise<PodNetwork>;
  stop(): Promise<void>;
}

export async function layWire(): Promise<Wire> {
  const prefix = `weft-${randomBytes(3).toString('hex')}`;
  const hub = `${prefix}-hub`;
  const namespaces = [hub];
  await ip('netns', 'add', hub);
  await ip('-n', hub, 'link', 'add', bridge, 'type', 'bridge');
  await ip('-n', hub, 'link', 'set', bridge, 'up');
  return {
    async pod(rules) {
      const index = namespaces.length + 1;
      const name = `${prefix}-${String(index)}`;
      namespaces.push(name);
      return connect({ hub, name, index, rules });
    },
    async stop() {
      for (const name of namespaces.reverse()) await ip('netns', 'del', name);
    },
  };
}

interface Joining {
  readonly hub: string;
  readonly name: string;
  readonly index: number;
  readonly rules: { readonly v4: string; readonly v6: string };
}

async function connect({ hub, name, index, rules }: Joining): Promise<PodNetwork> {
  const address = `${podRange}.${String(index)}`;
  const address6 = `${podRange6}${index.toString(16)}`;
  const port = `p${String(index)}`;
  await ip('netns', 'add', name);
  const peer = ['peer', 'name', 'eth0', 'netns', name];
  await ip('-n', hub, 'link', 'add', port, 'type', 'veth', ...peer);
  await ip('-n', hub, 'link', 'set', port, 'master', bridge, 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  await ip('-n', name, 'link', 'set', 'eth0', 'up');
  await ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  await ip('-n', name, '-6', 'addr', 'add', `${address6}/64`, 'dev', 'eth0', 'nodad');
  await ip('-n', name, 'route', 'add', 'default', 'dev', 'eth0');
  await ip('-n', name, '-6', 'route', 'add', 'default', 'dev', 'eth0');
  const inside = ['nsenter', `--net=/run/netns/${name}`, '--'];
  const restore = (program: string, input: string): Promise<string> =>
    run('nsenter', [...inside.slice(1), program, '--noflush'], { input });
  await restore('iptables-restore', rules.v4);
  await restore('ip6tables-restore', rules.v6);
  return {
    address,
    address6,
    command: (user, command) => [
      ...inside,
      'setpriv',
      `--reuid=${String(user)}`,
      `--regid=${String(user)}`,
      '--clear-groups',
      ...command,
    ],
  };
}

function ip(...args: string[]): Promise<string> {
  return run('ip', args);
}

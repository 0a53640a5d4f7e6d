import { run } from '../base/command.ts';

/** The two ends of a cluster's cable to the host. */
export interface Addresses {
  /** Number of the cable, also part of its name on the host. */
  readonly number: number;
  readonly host: string;
  readonly node: string;
  /** IPv6 of the same; undefined where the kernel has none. */
  readonly v6: { readonly host: string; readonly node: string } | undefined;
}

/** A network as `address/prefix length`, IPv4. */
export type Network = string;

/** The first addresses that overlap none of the given networks. */
export function freeAddresses(taken: readonly Network[], withV6: boolean): Addresses {
  const ranges = taken.map(parseNetwork).filter(({ prefix }) => prefix > 0);
  for (let number = 0; number < 256; number++) {
    const network = `10.201.${String(number)}`;
    const wanted = parseNetwork(`${network}.0/30`);
    if (ranges.some((range) => overlap(range, wanted))) continue;
    const v6 = `fd00:254:${number.toString(16)}:`;
    return {
      number,
      host: `${network}.1`,
      node: `${network}.2`,
      v6: withV6 ? { host: `${v6}:1`, node: `${v6}:2` } : undefined,
    };
  }
  throw new Error('no free network among 10.201.0.0/16 for another local cluster');
}

/** The networks that this host has addresses in or routes to. */
export async function hostNetworks(): Promise<Network[]> {
  const addresses = JSON.parse(await run('ip', ['-j', '-4', 'addr'])) as {
    addr_info: { local?: string; prefixlen?: number }[];
  }[];
  const routes = JSON.parse(await run('ip', ['-j', '-4', 'route', 'show', 'table', 'all'])) as {
    dst?: string;
  }[];
  const own = addresses
    .flatMap(({ addr_info }) => addr_info)
    .flatMap(({ local, prefixlen }) =>
      local === undefined ? [] : [`${local}/${String(prefixlen ?? 32)}`],
    );
  return [
    ...own,
    ...routes.flatMap(({ dst }) => (dst === undefined || dst === 'default' ? [] : [dst])),
  ];
}

interface Range {
  readonly first: number;
  readonly prefix: number;
}

function parseNetwork(network: Network): Range {
  const [address = '', prefix = '32'] = network.split('/');
  const first = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  return { first, prefix: Number(prefix) };
}

function overlap(a: Range, b: Range): boolean {
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(a.first / size) === Math.floor(b.first / size);
}

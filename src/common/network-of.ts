import { canonicalAddress } from './ip-address.ts';

/**
 * The network to whose share a remote address counts. An IPv4 address, also one written as IPv6, counts for itself. An
 * IPv6 address counts for its /64, because one pod may have all addresses of a /64. Text that is not an address counts
 * for itself.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const canonical = canonicalAddress(address.replace(/%.*$/, ''));
  if (canonical === undefined) return address;
  const [front = '', back] = canonical.split('::');
  const groups = front === '' ? [] : front.split(':');
  const after = back === undefined || back === '' ? [] : back.split(':');
  const zeros = Array<string>(8 - groups.length - after.length).fill('0');
  return `${[...groups, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

import { canonicalAddress } from './ip-address.ts';

/**
 * The network that a remote address counts for where addresses have shares: an IPv4 address for itself,
 * also one that is written as IPv6; an IPv6 address for its /64, for one pod may have all of its addresses.
 * What is no address stands for itself.
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

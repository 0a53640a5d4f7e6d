import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * An IP address in its canonical form, so that addresses can be compared as text: no leading zeros in IPv4; IPv6 as in
 * RFC 5952, except for embedded IPv4. Undefined for text that is not an address. The API server keeps addresses as
 * users wrote them (docs/decisions/0133).
 */
export function canonicalAddress(written: string): string | undefined {
  const strict = written.replaceAll(leadingZeros, '');
  if (isIPv4(strict)) return strict;
  // Node takes an IPv6 address with a zone. The URL Standard has the same form as RFC 5952, and groups for embedded IPv4.
  const takes = isIPv6(strict) && !strict.includes('%');
  return takes ? new URL(`http://[${strict}]`).hostname.slice(1, -1) : undefined;
}

/** Of a number of three digits at the most. The API server has taken IPv4 addresses with them, Node does not. */
const leadingZeros = /\b(?=\d{1,3}\b)0{1,2}(?=\d)/g;

/**
 * Whether a canonical address belongs to one machine in a network. False for loopback (which would be the caller's
 * own), link-local addresses, multicast groups, the unspecified address, and IPv4 written as IPv6.
 */
export function isOneHost(canonical: string): boolean {
  const family = isIP(canonical);
  if (family === 4) return !specialIpv4.check(canonical);
  return family === 6 && !specialIpv6.check(canonical, 'ipv6');
}

/** 224.0.0.0/3 is multicast and what is reserved. */
const specialIpv4 = networks('ipv4', ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3']);

/** The first three hold ::, ::1 and IPv4. A separate list, because Node compares IPv4 addresses with ::ffff:0:0/96 too. */
const specialIpv6 = networks('ipv6', [
  ...['::/96', '::ffff:0:0/96', '::ffff:0:0:0/96'],
  ...['fe80::/10', 'ff00::/8'],
]);

function networks(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

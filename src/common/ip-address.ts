/**
 * An IP address in its canonical form, so that addresses can be compared as text: no leading zeros in IPv4; IPv6 as in
 * RFC 5952, except for embedded IPv4. Undefined for text that is not an address. The API server keeps addresses as
 * users wrote them.
 */
export function canonicalAddress(written: string): string | undefined {
  return written.includes(':') ? canonicalIpv6(written) : canonicalIpv4(written);
}

/**
 * Whether a canonical address belongs to one machine in a network. False for loopback (which would be the caller's
 * own), link-local addresses, multicast groups, the unspecified address, and IPv4 written as IPv6.
 */
export function isOneHost(canonical: string): boolean {
  return !(canonical.includes(':') ? specialIpv6 : specialIpv4).test(canonical);
}

/** 0/8, 127/8, 169.254/16, and 224/4 with 240/4. */
const specialIpv4 = /^(0|127|22[4-9]|2[3-5]\d)\.|^169\.254\./;

/** ::/96 with ::, ::1 and IPv4 in its last bits, ::ffff:0:0/96, fe80::/10 and ff00::/8. */
const specialIpv6 = /^(::[\da-f]*(:[\da-f]+)?$|::ffff:|fe[89ab][\da-f]:|ff[\da-f]{2}:)/;

function canonicalIpv4(written: string): string | undefined {
  const parts = written.split('.');
  const right = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part));
  const bytes = parts.map(Number);
  return right && bytes.every((byte) => byte <= 255) ? bytes.join('.') : undefined;
}

function canonicalIpv6(written: string): string | undefined {
  const halves = written.split('::');
  if (halves.length > 2) return undefined;
  const [front = [], back = []] = halves.map((half, index) =>
    groupsOf(half, index + 1 === halves.length),
  );
  if (front.includes(undefined) || back.includes(undefined)) return undefined;
  const zeros = 8 - front.length - back.length;
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return undefined;
  return compressed(
    [...front, ...Array<number>(zeros).fill(0), ...back].map((group) => group ?? 0),
  );
}

/** The 16-bit groups of one half; undefined for a malformed group. The last group may be an IPv4 address. */
function groupsOf(half: string, last: boolean): readonly (number | undefined)[] {
  if (half === '') return [];
  const groups = half.split(':');
  return groups.flatMap((group, index) => {
    if (last && index === groups.length - 1 && group.includes('.')) return ipv4Groups(group);
    return /^[\da-f]{1,4}$/i.test(group) ? parseInt(group, 16) : undefined;
  });
}

function ipv4Groups(written: string): readonly (number | undefined)[] {
  const [a, b, c, d] = canonicalIpv4(written)?.split('.').map(Number) ?? [];
  if (a === undefined || b === undefined || c === undefined || d === undefined) return [undefined];
  return [a * 256 + b, c * 256 + d];
}

/** The first of the longest runs of two or more zeros becomes "::". */
function compressed(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)];
  const longest = Math.max(0, ...runs.map(([run]) => run.replace(/^:/, '').length));
  const first = runs.find(([run]) => run.replace(/^:/, '').length === longest);
  if (first === undefined) return text;
  const rest = text.slice(first.index + first[0].length);
  return `${text.slice(0, first.index)}:${rest === '' ? ':' : rest}`;
}

import { isIPv4, isIPv6 } from 'node:net';

/** A value that a person wrote, and where: "annotation X" or "MeshConfig spec.traffic.Y". */
export interface Written {
  readonly where: string;
  readonly entries: readonly unknown[];
}

/** An IP range and its family; `text` is safe to stand in a rule. */
export interface IpRange {
  readonly family: 4 | 6;
  readonly text: string;
}

/** Tells one entry, or undefined when it is not of the form. */
type ParseEntry<T> = (entry: unknown) => T | undefined;

/** The entries of a comma list; blanks around them do not count, and an empty text has none. */
export function commaList(text: string): readonly string[] {
  return text.trim() === '' ? [] : text.split(',').map((entry) => entry.trim());
}

/** Ports of one or more lists, sorted, each once. A wrong entry becomes a problem and is left out. */
export function parsePorts(lists: readonly Written[], problems: string[]): readonly number[] {
  const parsed = parseAll(lists, { parse: parsePort, form: 'a port from 1 to 65535', problems });
  return [...new Set(parsed)].sort((a, b) => a - b);
}

/** IP ranges of one or more lists, in their order, each once. */
export function parseRanges(lists: readonly Written[], problems: string[]): readonly IpRange[] {
  const form = 'an IPv4 or IPv6 range such as 10.0.0.0/8 or fd00::/8';
  const parsed = parseAll(lists, { parse: parseRange, form, problems });
  return [...new Map(parsed.map((range) => [range.text, range])).values()];
}

/** Names of network interfaces, each once; at most 15 of letters, digits, dot, dash and underscore. */
export function parseInterfaces(lists: readonly Written[], problems: string[]): readonly string[] {
  const form = 'the name of a network interface such as eth1';
  return [...new Set(parseAll(lists, { parse: parseInterface, form, problems }))];
}

function parseAll<T>(
  lists: readonly Written[],
  how: { parse: ParseEntry<T>; form: string; problems: string[] },
): T[] {
  return lists.flatMap(({ where, entries }) =>
    entries.flatMap((entry) => {
      const value = how.parse(entry);
      if (value !== undefined) return [value];
      how.problems.push(`${where} has the entry ${JSON.stringify(entry)}; expected ${how.form}`);
      return [];
    }),
  );
}

function parsePort(entry: unknown): number | undefined {
  const port = typeof entry === 'string' && /^[1-9]\d{0,4}$/.test(entry) ? Number(entry) : entry;
  const valid = typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535;
  return valid ? port : undefined;
}

function parseRange(entry: unknown): IpRange | undefined {
  const [, address = '', bits = ''] =
    typeof entry === 'string' ? (/^([\da-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(entry) ?? []) : [];
  if (isIPv4(address) && Number(bits) <= 32) return { family: 4, text: `${address}/${bits}` };
  if (isIPv6(address) && Number(bits) <= 128) return { family: 6, text: `${address}/${bits}` };
  return undefined;
}

function parseInterface(entry: unknown): string | undefined {
  return typeof entry === 'string' && /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(entry)
    ? entry
    : undefined;
}

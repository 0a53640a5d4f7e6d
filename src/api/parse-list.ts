import { canonicalAddress } from '../common/ip-address.ts';

/** A value that a user wrote, and its place: "annotation X" or "MeshConfig spec.traffic.Y". */
export interface WrittenList {
  readonly where: string;
  readonly entries: readonly unknown[];
}

/** An IP range and its family; `text` is safe to stand in a rule. */
export interface IpRange {
  readonly family: 4 | 6;
  readonly text: string;
}

/** One kind of entry: its form in words, and its parser, which returns undefined for a value of another form. */
export interface ParsedEntry<T> {
  readonly form: string;
  parse(entry: unknown): T | undefined;
}

/** The entries of a comma list; blanks around them do not count, and an empty text has none. */
export function commaList(text: string): readonly string[] {
  return text.trim() === '' ? [] : text.split(',').map((entry) => entry.trim());
}

/** Ports of one or more lists, sorted, each once. A wrong entry becomes a problem and is left out. */
export function parsePorts(lists: readonly WrittenList[], problems: string[]): readonly number[] {
  const parsed = parseAll(lists, entries.port, problems);
  return [...new Set(parsed)].sort((a, b) => a - b);
}

/** IP ranges of one or more lists, in their order, each once. */
export function parseRanges(lists: readonly WrittenList[], problems: string[]): readonly IpRange[] {
  const parsed = parseAll(lists, entries.range, problems);
  return [...new Map(parsed.map((range) => [range.text, range])).values()];
}

/** Names of network interfaces, each once; at most 15 of letters, digits, dot, dash and underscore. */
export function parseInterfaces(
  lists: readonly WrittenList[],
  problems: string[],
): readonly string[] {
  return [...new Set(parseAll(lists, entries.interface, problems))];
}

function parseAll<T>(
  lists: readonly WrittenList[],
  entry: ParsedEntry<T>,
  problems: string[],
): T[] {
  return lists.flatMap(({ where, entries: written }) =>
    written.flatMap((one) => {
      const value = entry.parse(one);
      if (value !== undefined) return [value];
      problems.push(`${where} has the entry ${JSON.stringify(one)}; expected ${entry.form}`);
      return [];
    }),
  );
}

/** The kinds of entries. The check of a MeshConfig and the injection of each pod both use them. */
export const entries = {
  port: { parse: parsePort, form: 'a port from 1 to 65535' },
  range: { parse: parseRange, form: 'an IPv4 or IPv6 range such as 10.0.0.0/8 or fd00::/8' },
  interface: { parse: parseInterface, form: 'the name of a network interface such as eth1' },
} satisfies Readonly<Record<string, ParsedEntry<unknown>>>;

function parsePort(entry: unknown): number | undefined {
  const port = typeof entry === 'string' && /^[1-9]\d{0,4}$/.test(entry) ? Number(entry) : entry;
  const valid = typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535;
  return valid ? port : undefined;
}

function parseRange(entry: unknown): IpRange | undefined {
  const [, address = '', bits = ''] =
    typeof entry === 'string' ? (/^([\da-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(entry) ?? []) : [];
  const known = canonicalAddress(address);
  const text = `${address}/${bits}`;
  if (address.includes(':'))
    return known !== undefined && Number(bits) <= 128 ? { family: 6, text } : undefined;
  // Some programs read an IPv4 address with a leading zero as another address.
  return known === address && Number(bits) <= 32 ? { family: 4, text } : undefined;
}

function parseInterface(entry: unknown): string | undefined {
  return typeof entry === 'string' && /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(entry)
    ? entry
    : undefined;
}

// Readers for the fields of an unchecked object: each returns the value if it has the expected type, otherwise
// undefined.
import { isRecord } from './guards.ts';
import { canonicalAddress } from './ip-address.ts';

/** An object whose fields may be anything. */
export type Fields = Readonly<Record<string, unknown>>;

const none: Fields = {};

/** The value if it is an object with fields; otherwise an object without fields. */
export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : none;
}

/** The fields of a JSON object; none if the text is anything else. */
export function fieldsIn(json: string): Fields {
  try {
    return fieldsOf(JSON.parse(json));
  } catch {
    return none;
  }
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function integer(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** A port of TCP or UDP. */
export function portNumber(value: unknown): number | undefined {
  const number = integer(value) ?? 0;
  return number >= 1 && number <= 65_535 ? number : undefined;
}

/** An IP address in its canonical form. */
export function address(value: unknown): string | undefined {
  return typeof value === 'string' ? canonicalAddress(value) : undefined;
}

/** The IP addresses of a list, each once. */
export function addresses(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return [...new Set(value.map(address).filter((one) => one !== undefined))];
}

/** The objects of a list. */
export function records(value: unknown): readonly Fields[] | undefined {
  return Array.isArray(value) ? value.filter(isRecord) : undefined;
}

/** The entries of a map whose values are text. */
export function textMap(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value);
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return texts.length === entries.length
    ? (value as Readonly<Record<string, string>>)
    : Object.fromEntries(texts);
}

/** Deeper than any meaningful object; Node's stack holds some hundred times as many levels. */
const maxDepth = 32;

/** The value, with null in place of everything that is nested deeper than `levels`. */
export function withoutDepths(value: unknown, levels = maxDepth): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return null;
  if (Array.isArray(value)) return value.map((item) => withoutDepths(item, levels - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutDepths(inner, levels - 1)]),
  );
}

import { isHex, isOctal, isWord, type RegexScanner } from './regex-scanner.ts';

// Sizes in RE2's program, rounded up generously: it matches UTF-8 byte by byte.
const asciiSize = 2;
const wideSize = 40;
const tableSize = 1500;

/** What an escape stands for: one character, a set of them, or a place between two. */
export type Escape =
  | { readonly kind: 'character'; readonly point: number }
  | { readonly kind: 'set'; readonly size: number }
  | { readonly kind: 'place' };

const nothing: Escape = { kind: 'place' };

/** Escapes that are one letter and nothing more. */
const letters: ReadonlyMap<string, Escape> = new Map<string, Escape>([
  ...Object.entries({ a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }).map(
    ([letter, point]): [string, Escape] => [letter, { kind: 'character', point }],
  ),
  ...['d', 's', 'w'].map((letter): [string, Escape] => [letter, { kind: 'set', size: 8 }]),
  ...['D', 'S', 'W'].map((letter): [string, Escape] => [letter, { kind: 'set', size: wideSize }]),
  ...['A', 'b', 'B', 'z'].map((letter): [string, Escape] => [letter, nothing]),
]);

/** Reads what follows a backslash. */
export function readEscape(scanner: RegexScanner): Escape {
  const point = scanner.next();
  const letter = letters.get(point);
  if (letter !== undefined) return letter;
  if (point === 'p' || point === 'P') return readTable(scanner);
  if (point === 'x') return readHex(scanner);
  if (isOctal(point)) return readOctal(scanner, point);
  if (isPunctuation(point)) return { kind: 'character', point: point.codePointAt(0) ?? 0 };
  scanner.fail(point === '' ? 'it ends in a backslash' : `there is no escape \\${point}`);
  return nothing;
}

function isPunctuation(point: string): boolean {
  return point !== '' && point < '\x80' && (point === '_' || !isWord(point));
}

function readHex(scanner: RegexScanner): Escape {
  let digits: string;
  if (scanner.take('{')) {
    digits = scanner.takeWhile(isHex);
    if (!scanner.take('}')) digits = '';
  } else {
    digits = isHex(scanner.peek()) && isHex(scanner.peek(1)) ? scanner.next() + scanner.next() : '';
  }
  if (digits === '' || digits.length > 6) {
    scanner.fail('\\x needs two hexadecimal digits, or up to six in braces');
    return nothing;
  }
  return byteOf(scanner, parseInt(digits, 16), `\\x{${digits}}`);
}

/** Envoy reads paths, headers and the pattern itself byte by byte: an escape stands for one byte. */
function byteOf(scanner: RegexScanner, point: number, shown: string): Escape {
  if (point > 0xff) {
    scanner.fail(
      `${shown} is above \\x{FF}, and Envoy matches bytes: write the character itself, in a path percent-encoded, and outside of []`,
    );
  }
  return { kind: 'character', point };
}

/** \0, \012; \1 alone would refer back to a group, which RE2 cannot do. */
function readOctal(scanner: RegexScanner, first: string): Escape {
  if (first !== '0' && !isOctal(scanner.peek())) {
    scanner.fail(`it refers back to a group (\\${first}), which RE2 does not support`);
    return nothing;
  }
  let digits = first;
  while (digits.length < 3 && isOctal(scanner.peek())) digits += scanner.next();
  return byteOf(scanner, parseInt(digits, 8), `\\${digits}`);
}

/** \pL, \p{Lu}, \p{^Greek}. */
function readTable(scanner: RegexScanner): Escape {
  const braced = scanner.take('{');
  const name = (braced ? scanner.takeUntil('}') : scanner.next()) ?? '';
  const known = tables.has(name.startsWith('^') ? name.slice(1) : name);
  if (!known) scanner.fail(`there is no Unicode class \\p{${name}}`);
  return { kind: 'set', size: tableSize };
}

const tables = new Set(
  (
    'Any C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So ' +
    'Z Zl Zp Zs Arabic Armenian Bengali Cyrillic Devanagari Georgian Greek Han Hangul Hebrew ' +
    'Hiragana Katakana Latin Tamil Thai'
  ).split(' '),
);

const posixNames = new Set(
  'alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit'.split(' '),
);

/** Reads what follows the "[" of a class, and says how large the class is. */
export function readClass(scanner: RegexScanner): number {
  let size = scanner.take('^') ? wideSize : asciiSize;
  let first = true;
  while (!scanner.done && (first || scanner.peek() !== ']')) {
    first = false;
    size += readPosix(scanner) ?? readRange(scanner);
  }
  if (!scanner.take(']')) scanner.fail('there is a "[" without its "]"');
  return size;
}

/** Reads a class such as [:alpha:]; undefined when there is none here. */
function readPosix(scanner: RegexScanner): number | undefined {
  const mark = scanner.mark();
  if (!scanner.take('[:')) return undefined;
  const name = scanner.takeUntil(':]');
  if (name === undefined) {
    scanner.backTo(mark);
    return undefined;
  }
  if (!posixNames.has(name.startsWith('^') ? name.slice(1) : name)) {
    scanner.fail(`there is no class [:${name}:]`);
  }
  return name.startsWith('^') ? wideSize : 4 * asciiSize;
}

/** One character, a set, or a range from one character to another. */
function readRange(scanner: RegexScanner): number {
  const low = readMember(scanner);
  if ('size' in low) return low.size;
  if (scanner.peek() !== '-' || scanner.peek(1) === ']' || scanner.peek(1) === '') {
    return sizeOf(low.point);
  }
  scanner.next();
  const high = readMember(scanner);
  if ('size' in high) scanner.fail('a range in [] ends in a set');
  else if (high.point < low.point) scanner.fail('a range in [] ends before it begins');
  else if (high.first < low.last)
    scanner.fail('a range in [] ends before it begins, since Envoy reads it byte by byte');
  return wideSize;
}

/**
 * A member of a class. Envoy reads a class byte by byte since 1.39, and by characters before: a range must be valid in
 * both.
 */
interface Member {
  readonly point: number;
  /**
   * Its first and its last byte. For a character outside of ASCII, a range begins at the last byte of its lower end and
   * ends at the first byte of its upper end.
   */
  readonly first: number;
  readonly last: number;
}

function readMember(scanner: RegexScanner): Member | { readonly size: number } {
  const text = scanner.next();
  if (text !== '\\') return literal(text);
  const escape = readEscape(scanner);
  if (escape.kind === 'character') {
    const { point } = escape;
    return { point, first: point, last: point };
  }
  if (escape.kind === 'set') return escape;
  scanner.fail('there is an escape in [] that stands for no character');
  return literal('');
}

function literal(text: string): Member {
  const point = text.codePointAt(0) ?? 0;
  if (point < 0x80) return { point, first: point, last: point };
  const bytes = Buffer.from(text);
  return { point, first: bytes.at(0) ?? 0, last: bytes.at(-1) ?? 0 };
}

/** The size of one character in RE2's program. */
export function sizeOf(point: number): number {
  return point < 0x80 ? asciiSize : 4 * asciiSize;
}

/** The size of `.` in RE2's program. */
export const anySize = wideSize;

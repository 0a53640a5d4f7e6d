import { isHex, isOctal, isWord, type RegexScanner } from './regex-scanner.ts';

// How large things are in RE2's program, generously: it matches UTF-8 byte by byte.
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
  const point = parseInt(digits, 16);
  if (digits === '' || digits.length > 6 || point > 0x10ffff) {
    scanner.fail('\\x needs two hexadecimal digits, or some in braces up to 10FFFF');
    return nothing;
  }
  return { kind: 'character', point };
}

/** \0, \012; \1 alone would refer back to a group, which RE2 cannot do. */
function readOctal(scanner: RegexScanner, first: string): Escape {
  if (first !== '0' && !isOctal(scanner.peek())) {
    scanner.fail(`it refers back to a group (\\${first}), which RE2 cannot do`);
    return nothing;
  }
  let digits = first;
  while (digits.length < 3 && isOctal(scanner.peek())) digits += scanner.next();
  return { kind: 'character', point: parseInt(digits, 8) };
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

/** [:alpha:]; undefined when none stands here. */
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
  if (typeof low !== 'number') return low.size;
  if (scanner.peek() !== '-' || scanner.peek(1) === ']' || scanner.peek(1) === '') {
    return sizeOf(low);
  }
  scanner.next();
  const high = readMember(scanner);
  if (typeof high !== 'number') scanner.fail('a range in [] ends in a set');
  else if (high < low) scanner.fail('a range in [] ends before it begins');
  return wideSize;
}

/** A character's code point, or the size of a set. */
function readMember(scanner: RegexScanner): number | { readonly size: number } {
  const point = scanner.next();
  if (point !== '\\') return point.codePointAt(0) ?? 0;
  const escape = readEscape(scanner);
  if (escape.kind === 'character') return escape.point;
  if (escape.kind === 'set') return escape;
  scanner.fail('there is an escape in [] that stands for no character');
  return 0;
}

/** The size of one character. */
export function sizeOf(point: number): number {
  return point < 0x80 ? asciiSize : 4 * asciiSize;
}

/** The size of ".". */
export const anySize = wideSize;

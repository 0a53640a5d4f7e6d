// Checks a regular expression against the syntax of RE2, as Envoy compiles it, without running it: the pattern is only
// read here, never given to JavaScript's own engine. It is stricter than RE2 about syntax that is of no use in a path
// or a header, such as `^*`. A pattern that passes may be put into a group and continued. Envoy compiles for bytes
// since 1.39 and for UTF-8 before: both accept a pattern that passes (docs/decisions/0132).
import { anySize, readClass, readEscape, sizeOf } from './regex-class.ts';
import { isDigit, isWord, RegexScanner } from './regex-scanner.ts';

const maxLength = 2048;
/** RE2's own limit on repetitions, and on the product of nested repetitions. */
const maxRepeat = 1000;
const maxDepth = 100;
/** A quarter of the program size that RE2's default memory holds. */
const maxSize = 20_000;

/** Undefined when RE2 takes the pattern; otherwise why it does not. */
export function findRegexProblem(pattern: string): string | undefined {
  if (pattern.length > maxLength) return `it is longer than ${maxLength} characters`;
  if (!pattern.isWellFormed()) return 'it is not valid Unicode';
  const scanner = new RegexScanner(pattern);
  const { size } = readAlternatives(scanner, 0);
  if (!scanner.done) scanner.fail('there is a ")" without its "("');
  if (scanner.problem !== undefined) return scanner.problem;
  return size > maxSize ? 'it is too large after its repetitions are expanded' : undefined;
}

interface Part {
  /** Size in RE2's program, rounded up generously. */
  readonly size: number;
  /** How many times its innermost part is written out. */
  readonly repeats: number;
  /** False: a `*` must not follow it. */
  readonly repeatable: boolean;
}

function part(size: number, repeatable = true): Part {
  return { size, repeats: 1, repeatable };
}

function readAlternatives(scanner: RegexScanner, depth: number): Part {
  if (depth > maxDepth) scanner.fail(`its groups are nested more than ${maxDepth} deep`);
  let size = 0;
  let repeats = 1;
  do {
    const sequence = readSequence(scanner, depth);
    size += sequence.size + 2;
    repeats = Math.max(repeats, sequence.repeats);
  } while (scanner.take('|'));
  return { size, repeats, repeatable: true };
}

function readSequence(scanner: RegexScanner, depth: number): Part {
  let size = 0;
  let repeats = 1;
  while (!scanner.done && scanner.peek() !== '|' && scanner.peek() !== ')') {
    const repeated = readRepeat(scanner, readAtom(scanner, depth));
    size += repeated.size;
    repeats = Math.max(repeats, repeated.repeats);
  }
  return { size, repeats, repeatable: true };
}

function readAtom(scanner: RegexScanner, depth: number): Part {
  if (isRepeat(scanner)) {
    scanner.fail(`there is nothing before "${scanner.peek()}" to repeat`);
    return part(0);
  }
  const point = scanner.next();
  if (point === '(') return readGroup(scanner, depth);
  if (point === '[') return part(readClass(scanner));
  if (point === '.') return part(anySize);
  if (point === '^' || point === '$') return part(1, false);
  if (point === '\\') return scanner.take('Q') ? readQuote(scanner) : readOutside(scanner);
  return part(sizeOf(point.codePointAt(0) ?? 0));
}

function readOutside(scanner: RegexScanner): Part {
  const escape = readEscape(scanner);
  if (escape.kind === 'place') return part(1, false);
  return part(escape.kind === 'set' ? escape.size : sizeOf(escape.point));
}

/** \Q…\E. RE2 allows a missing \E, but then nothing could be appended to the pattern. */
function readQuote(scanner: RegexScanner): Part {
  const text = scanner.takeUntil('\\E');
  if (text === undefined) scanner.fail('there is a \\Q without its \\E');
  return part(8 * (text?.length ?? 0), text !== '');
}

function readGroup(scanner: RegexScanner, depth: number): Part {
  if (scanner.take('?') && !readGroupHead(scanner)) return part(0, false);
  const inner = readAlternatives(scanner, depth + 1);
  if (!scanner.take(')')) scanner.fail('there is a "(" without its ")"');
  return { ...inner, size: inner.size + 2 };
}

const unsupported: readonly (readonly [string, string])[] = [
  ['=', 'a look-ahead (?=…)'],
  ['!', 'a look-ahead (?!…)'],
  ['<=', 'a look-behind (?<=…)'],
  ['<!', 'a look-behind (?<!…)'],
  ['>', 'an atomic group (?>…)'],
  ['#', 'a comment (?#…)'],
  ['P=', 'a reference back to a group (?P=…)'],
];

/** Reads what follows "(?"; false when there were only flags, without a group. */
function readGroupHead(scanner: RegexScanner): boolean {
  const known = unsupported.find(([start]) => scanner.take(start));
  if (known !== undefined) {
    scanner.fail(`it has ${known[1]}, which RE2 does not support`);
    return true;
  }
  if (scanner.take('P<') || scanner.take('<')) {
    readName(scanner);
    return true;
  }
  return readFlags(scanner);
}

function readName(scanner: RegexScanner): void {
  const name = scanner.takeWhile(isWord);
  if (name === '' || !scanner.take('>')) scanner.fail('the name of a group is not a word');
  else if (!scanner.nameGroup(name)) scanner.fail(`two groups have the name ${name}`);
}

/** (?i) (?i-s:…) (?:…). */
function readFlags(scanner: RegexScanner): boolean {
  const isFlag = (point: string): boolean => 'imsU'.includes(point);
  const on = scanner.takeWhile(isFlag);
  const off = scanner.take('-') ? scanner.takeWhile(isFlag) : undefined;
  if (off !== '' && scanner.take(':')) return true;
  const someFlag = on !== '' || off !== undefined;
  if (off === '' || !someFlag || !scanner.take(')')) {
    scanner.fail('"(?" is followed by something that RE2 does not support');
  }
  return false;
}

/** Whether a repetition begins here; a "{" that begins none is a character like any other. */
function isRepeat(scanner: RegexScanner): boolean {
  const point = scanner.peek();
  if (point !== '{') return point !== '' && '*+?'.includes(point);
  const mark = scanner.mark();
  const bounds = readBounds(scanner);
  scanner.backTo(mark);
  return bounds !== undefined;
}

function readRepeat(scanner: RegexScanner, repeated: Part): Part {
  if (!isRepeat(scanner)) return repeated;
  if (!repeated.repeatable) scanner.fail(`there is nothing before "${scanner.peek()}" to repeat`);
  const bounds = scanner.peek() === '{' ? readBounds(scanner) : undefined;
  if (bounds === undefined) scanner.next();
  scanner.take('?');
  if (isRepeat(scanner)) scanner.fail('two repetitions follow one another');
  return bounds === undefined
    ? { ...repeated, size: repeated.size + 2 }
    : writtenOut(scanner, repeated, bounds);
}

/** RE2 writes x{3,5} out as xxx(x(x)?)?. */
function writtenOut(scanner: RegexScanner, repeated: Part, { min, max }: Bounds): Part {
  const most = max ?? min;
  if (most < min) scanner.fail(`{${min},${most}} ends before it begins`);
  const repeats = repeated.repeats * Math.max(most, 1);
  if (repeats > maxRepeat) scanner.fail(`it repeats something more than ${maxRepeat} times`);
  return { size: (repeated.size + 1) * (most + 1), repeats, repeatable: true };
}

interface Bounds {
  readonly min: number;
  readonly max: number | undefined;
}

/** {2} {2,} {2,5}; undefined when it is none of these. */
function readBounds(scanner: RegexScanner): Bounds | undefined {
  if (!scanner.take('{')) return undefined;
  const min = readCount(scanner);
  if (min === undefined) return undefined;
  if (scanner.take('}')) return { min, max: min };
  if (!scanner.take(',')) return undefined;
  if (scanner.take('}')) return { min, max: undefined };
  const max = readCount(scanner);
  return max !== undefined && scanner.take('}') ? { min, max } : undefined;
}

/** A number without leading zeros. */
function readCount(scanner: RegexScanner): number | undefined {
  const digits = scanner.takeWhile(isDigit);
  const whole = digits !== '' && (digits === '0' || !digits.startsWith('0'));
  return whole ? Number(digits) : undefined;
}

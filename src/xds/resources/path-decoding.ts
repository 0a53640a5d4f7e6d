// A rule's path expression does not consider escapes: `[^/]+` matches `a%2Fb`, while an application that decodes it
// sees two segments. So this file makes an expression stricter: whatever the result matches, it also matches after
// escapes are decoded and parameters (`;x`) are removed. The expression is only read, never run.

const hex = Array.from('0123456789ABCDEF');
/** Any character, escaped or not, that starts no parameter. */
const anyCharacter = '(?:[^%;]|%[0-9A-Fa-f]{2})';

/**
 * The stricter expression; the same text when nothing needs to be stricter; undefined when that cannot be decided. Then
 * the expression can judge only paths without escapes and parameters.
 */
export function closeUnderDecoding(regex: string): string | undefined {
  let made = '';
  for (let at = 0; at < regex.length;) {
    const part = readPart(regex, at);
    if (part === undefined) return undefined;
    made += part.made;
    at += part.length;
  }
  // Counted repetitions would repeat the longer parts many times, more than Envoy accepts.
  return made !== regex && /\{\d/.test(regex) ? undefined : made;
}

interface Part {
  readonly made: string;
  readonly length: number;
}

function same(text: string): Part {
  return { made: text, length: text.length };
}

function readPart(regex: string, at: number): Part | undefined {
  const rest = regex.slice(at);
  // The rest matches anything, so it needs no change.
  if (/^\.\*\$?$/.test(rest)) return same(rest);
  if (rest.startsWith('.')) return { made: anyCharacter, length: 1 };
  if (rest.startsWith('[')) return readClass(rest);
  if (rest.startsWith('\\')) return readEscape(rest);
  return same(rest[0] ?? '');
}

function readEscape(rest: string): Part | undefined {
  const next = rest[1] ?? '';
  if (next in negated) return { made: without(negated[next] ?? ''), length: 2 };
  return 'pPCQ'.includes(next) ? undefined : same(rest.slice(0, 2));
}

const digits = '0123456789';
const lowers = 'abcdefghijklmnopqrstuvwxyz';
const sets: Readonly<Record<string, string>> = {
  d: digits,
  w: `${digits}${lowers}_`,
  s: '\t\n\f\r ',
};
const negated: Readonly<Record<string, string>> = {
  D: sets['d'] ?? '',
  W: sets['w'] ?? '',
  S: sets['s'] ?? '',
};

/** A negated class becomes stricter. A positive class stays as it is, unless it contains "%" or ";": then undefined. */
function readClass(rest: string): Part | undefined {
  const [text, caret, body] = /^\[(\^?)((?:\\.|[^\]\\[])+)\]/s.exec(rest) ?? [];
  if (text === undefined || body === undefined) return undefined;
  const members = membersOf(body);
  if (members === undefined) return undefined;
  if (caret === '') return /[%;]/.test(members) ? undefined : same(text);
  return { made: without(members), length: text.length };
}

/** The ASCII characters of a class, letters in lower case; undefined when the class has other members. */
function membersOf(body: string): string | undefined {
  const items = body.match(/\\?.(?:-\\?[^\]])?/gsu) ?? [];
  let members = '';
  for (const item of items) {
    const [, set, first = '', last = first] =
      /^(?:\\([dws])|\\?(.)(?:-\\?(.))?)$/su.exec(item) ?? [];
    const more = set === undefined ? range(item, first, last) : sets[set];
    if (more === undefined) return undefined;
    members += more;
  }
  return members.toLowerCase();
}

/** Also undefined for an escape that means more than its character, such as \n or \x2f. */
function range(item: string, first: string, last: string): string | undefined {
  if (/\\[0-9A-Za-z]/.test(item)) return undefined;
  const [from, to] = [first.charCodeAt(0), last.charCodeAt(0)];
  if (Number.isNaN(from) || to > 126 || to < from) return undefined;
  return String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

/**
 * Every character except `members`, in any letter case, escaped or not. A slash in `members` excludes a backslash too.
 */
function without(members: string): string {
  const banned = new Set(members.includes('/') ? `${members}\\` : members);
  const plain = Array.from(new Set(`${members}${members.toUpperCase()}%;`), codePoint).join('');
  return `(?:[^${plain}]|%(?:${escapesBut(banned)}))`;
}

function codePoint(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** The two hex digits of every escape except those of `banned`, whose letters are in lower case. */
function escapesBut(banned: ReadonlySet<string>): string {
  const rows = hex.map((high, row) => {
    const lows = hex.filter(
      (_, column) => !banned.has(String.fromCharCode(row * 16 + column).toLowerCase()),
    );
    return { high, lows: lows.length === 16 ? '0-9A-Fa-f' : lows.map(anyCase).join('') };
  });
  const groups = new Map<string, string>();
  for (const { high, lows } of rows) groups.set(lows, `${groups.get(lows) ?? ''}${anyCase(high)}`);
  groups.delete('');
  return [...groups].map(([lows, highs]) => `[${highs}][${lows}]`).join('|');
}

function anyCase(digit: string): string {
  return /[A-F]/.test(digit) ? `${digit}${digit.toLowerCase()}` : digit;
}

import { type MessageInitShape, create } from '@bufbuild/protobuf';
import type { HttpConnectionManager_UpgradeConfigSchema } from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import {
  type StringMatcher,
  StringMatcherSchema,
} from '../../envoy/gen/envoy/type/matcher/v3/string_pb.js';

/** What a sidecar passes on as an upgrade: WebSockets, `docker attach`, `kubectl exec`. */
const carried = ['websocket', 'tcp', 'SPDY/3.1'];

export const upgradeConfigs: MessageInitShape<typeof HttpConnectionManager_UpgradeConfigSchema>[] =
  carried.map((upgradeType) => ({ upgradeType }));

/**
 * An upgrade is an offer that a server may ignore (RFC 9110, 7.8). Envoy refuses upgrades that it does not carry, so
 * every other token is removed before Envoy sees it (docs/decisions/0086).
 */
export const ignoredUpgrades = matchTokensExcept(carried);

/** Matches every token but `words`. */
export function matchTokensExcept(words: readonly string[]): StringMatcher[] {
  const matchPattern = { case: 'safeRegex', value: { regex: regexExcept(words) } } as const;
  return [create(StringMatcherSchema, { matchPattern })];
}

/**
 * A regular expression (RE2, for the whole text, in any letter case) that matches every text except `words`. RE2 has no
 * negation, so the expression says that a text differs from all of the words at some place, or ends before they do. It
 * is in every listener of every proxy, so it is short.
 */
export function regexExcept(words: readonly string[]): string {
  const all = new Set(words.map((word) => word.toLowerCase()));
  const ends = ending(all);
  return `(?i:${differing(all)}.*${ends === undefined ? '' : `|${ends}`})`;
}

/** Matches a text up to the first place where it differs from each of `words`, or goes on after the last of them. */
function differing(words: Words): string {
  const branches = [...tailsOf(words)].map(
    ([first, tails]) => `${literal(first)}${differing(tails)}`,
  );
  const firsts = [...tailsOf(words).keys()];
  if (firsts.length === 0) return '.';
  return `([^${firsts.map(literal).join('')}]|${branches.join('|')})`;
}

/** Matches a text with which one of `words` begins and that is none of them; undefined when there is no such text. */
function ending(words: Words): string | undefined {
  const branches = [...tailsOf(words)].flatMap(([first, tails]) => {
    const end = ending(tails);
    return end === undefined ? [] : [`${literal(first)}${end}`];
  });
  const mayEnd = !words.has('');
  if (branches.length === 0) return mayEnd ? '' : undefined;
  const either = branches.join('|');
  return `${/^\w$/.test(either) ? either : `(${either})`}${mayEnd ? '?' : ''}`;
}

type Words = ReadonlySet<string>;

/** For each first character, what follows it. */
function tailsOf(words: Words): ReadonlyMap<string, Words> {
  const tails = new Map<string, Set<string>>();
  for (const word of [...words].filter((one) => one !== '').sort()) {
    const first = word[0] ?? '';
    tails.set(first, (tails.get(first) ?? new Set()).add(word.slice(1)));
  }
  return tails;
}

function literal(character: string): string {
  return /\w/.test(character) ? character : `\\${character}`;
}

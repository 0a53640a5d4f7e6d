import type { ResourceType } from '../resources/resource.ts';

const semanticError = /Error adding\/updating (?:listener|cluster)\(s\)/;
const separators = /[ \n,]/;
/** Colons looked at in one word: more than any name has. */
const maxColons = 16;

/**
 * The names that a refusal puts the blame on. Envoy names them only where it checks listeners and
 * clusters one by one, and there it has applied the others ("Error adding/updating listener(s)
 * a: …\nb: …"). Empty when the text names none: then the whole response was refused.
 * Costs what the text is long, however many names there are.
 */
export function blame(
  type: ResourceType,
  message: string,
  names: readonly string[],
): readonly string[] {
  if (type !== 'listener' && type !== 'cluster') return [];
  if (!semanticError.test(message)) return [];
  const named = new Set(message.split(separators).flatMap(beforeColons));
  return names.filter((name) => named.has(name));
}

/** What stands before a colon in a word: a name may have colons itself, as an IPv6 address does. */
function beforeColons(word: string): readonly string[] {
  const found: string[] = [];
  let at = word.indexOf(':');
  for (let colons = 0; at >= 0 && colons < maxColons; colons += 1) {
    found.push(word.slice(0, at));
    at = word.indexOf(':', at + 1);
  }
  return found;
}

import type { ResourceType } from '../resources/resource.ts';

const semanticError = /Error adding\/updating (?:listener|cluster)\(s\)/;
const separators = /[ \n,]/;
/** Colons examined in one word: more than any name has. */
const maxColons = 16;

/**
 * The names that a NACK blames. Envoy names resources only where it checks listeners and clusters one by one, and there
 * it has applied the others ("Error adding/updating listener(s) a: …\nb: …"). Empty when the text names none: then
 * Envoy refused the whole response. The cost grows with the length of the text, not with the number of names.
 */
export function namesInNack(
  type: ResourceType,
  message: string,
  names: readonly string[],
): readonly string[] {
  if (type !== 'listener' && type !== 'cluster') return [];
  if (!semanticError.test(message)) return [];
  const named = new Set(message.split(separators).flatMap(beforeColons));
  return names.filter((name) => named.has(name));
}

/** What precedes a colon in a word. A name may contain colons, as an IPv6 address does, so each colon counts. */
function beforeColons(word: string): readonly string[] {
  const found: string[] = [];
  let at = word.indexOf(':');
  for (let colons = 0; at >= 0 && colons < maxColons; colons += 1) {
    found.push(word.slice(0, at));
    at = word.indexOf(':', at + 1);
  }
  return found;
}

import type { ResourceType } from '../resources/resource.ts';

const semanticError = /Error adding\/updating (?:listener|cluster)\(s\)/;

/**
 * The names that a refusal puts the blame on. Envoy names them only where it checks listeners and
 * clusters one by one, and there it has applied the others ("Error adding/updating listener(s)
 * a: …\nb: …"). Empty when the text names none: then the whole response was refused.
 */
export function blame(
  type: ResourceType,
  message: string,
  names: readonly string[],
): readonly string[] {
  if (type !== 'listener' && type !== 'cluster') return [];
  if (!semanticError.test(message)) return [];
  return names.filter((name) => isNamed(message, name));
}

/** Whether `<name>:` stands in the text as a word of its own. */
function isNamed(message: string, name: string): boolean {
  const wanted = `${name}:`;
  for (let at = message.indexOf(wanted); at >= 0; at = message.indexOf(wanted, at + 1)) {
    if (at === 0 || ' \n,'.includes(message.charAt(at - 1))) return true;
  }
  return false;
}

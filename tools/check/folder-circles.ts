import { posix } from 'node:path';

/** Texts of source files, by path. */
type Sources = ReadonlyMap<string, string>;

/**
 * Folders of which each needs the other, directly or by way of others: each group is one idea in several places
 * (docs/decisions/0127).
 */
export function foldersInCircles(sources: Sources): readonly (readonly string[])[] {
  const needs = neededFolders(sources);
  const reached = new Map([...needs.keys()].map((folder) => [folder, reachedFrom(folder, needs)]));
  const groups = new Map<string, readonly string[]>();
  for (const [folder, all] of reached) {
    const group = [...all].filter((other) => reached.get(other)?.has(folder) === true).sort();
    if (group.length > 1) groups.set(group.join(' '), group);
  }
  return [...groups.values()];
}

function neededFolders(sources: Sources): ReadonlyMap<string, ReadonlySet<string>> {
  const needs = new Map<string, Set<string>>();
  for (const [file, text] of sources) {
    const folder = posix.dirname(file);
    const own = needs.get(folder) ?? new Set<string>();
    needs.set(folder, own);
    for (const [, specifier = ''] of text.matchAll(/\b(?:from|import\()\s*'(\.[^']+)'/g)) {
      const target = posix.normalize(posix.join(folder, specifier));
      if (sources.has(target)) own.add(posix.dirname(target));
    }
  }
  return needs;
}

function reachedFrom(
  folder: string,
  needs: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
    for (const other of needs.get(next) ?? []) {
      if (seen.has(other)) continue;
      seen.add(other);
      waiting.push(other);
    }
  return seen;
}

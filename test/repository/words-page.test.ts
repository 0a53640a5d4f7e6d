import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const repository = join(import.meta.dirname, '../..');
const text = (file: string): string => readFileSync(join(repository, file), 'utf8');

/** Types whose name and doc comment say all: a reader of any program knows them. */
const known = new Set([
  ...['Clock', 'ErrorCode', 'Frozen', 'Guard', 'Logger', 'Random'],
  ...['Remembered', 'Shape', 'TokenBucket', 'Wakeup'],
]);
/** Kubernetes' own kinds, under Kubernetes' names. */
const kubernetesOwn = 'src/api/core.ts';

interface TypeOfRoom {
  readonly name: string;
  readonly room: string;
  readonly file: string;
  /** The other rooms that import it. */
  readonly importers: Set<string>;
}

const roomOf = (file: string): string => file.split('/')[1] ?? '';

/** Every type that a file of a room exports, with the rooms that import it. */
function exportedTypes(): readonly TypeOfRoom[] {
  const files = globSync('src/*/**/*.ts', {
    cwd: repository,
    exclude: ['src/**/*.test.ts', 'src/**/gen/**'],
  });
  const types = new Map<string, TypeOfRoom>();
  for (const file of files)
    for (const [, name = ''] of text(file).matchAll(
      /^export (?:abstract )?(?:interface|type|class|enum) (\w+)/gm,
    ))
      types.set(`${file}#${name}`, { name, room: roomOf(file), file, importers: new Set() });
  for (const file of files)
    for (const imported of importsOf(file)) {
      const type = types.get(imported);
      if (type !== undefined && type.room !== roomOf(file)) type.importers.add(roomOf(file));
    }
  return [...types.values()];
}

/** What a file imports from files of the repository, as `<file>#<name>`. */
function importsOf(file: string): readonly string[] {
  const imports = text(file).matchAll(/^import (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm);
  return [...imports].flatMap(([, names = '', from = '']) =>
    names
      .split(',')
      .map((name) =>
        name
          .trim()
          .replace(/^type /, '')
          .replace(/ as .*$/, ''),
      )
      .map((name) => `${join(dirname(file), from)}#${name}`),
  );
}

/** The words that docs/words.md explains below the name of each room. */
function explainedWords(): readonly { readonly room: string; readonly name: string }[] {
  const sections = text('docs/words.md').split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const room = section.split('\n')[0] ?? '';
    const lines = [...section.matchAll(/^- (\*\*\w+\*\*(?:, \*\*\w+\*\*)*): /gm)];
    return lines.flatMap(([, words = '']) =>
      [...words.matchAll(/\w+/g)].map(([name]) => ({ room, name })),
    );
  });
}

const types = exportedTypes();
const words = explainedWords().filter(({ room }) => room !== 'In general');

describe('docs/words.md', () => {
  it('explains every type that at least two other rooms import', () => {
    const crossing = types.filter(({ importers }) => importers.size >= 2);
    expect(crossing.length).toBeGreaterThan(50);
    const missing = crossing.filter(
      ({ name, room, file }) =>
        file !== kubernetesOwn &&
        !known.has(name) &&
        !words.some((word) => word.room === room && word.name === name),
    );
    expect(
      missing.map(
        ({ name, room, file, importers }) =>
          `below "## ${room}": ${name} of ${file}, which ${[...importers].join(', ')} import`,
      ),
    ).toEqual([]);
  });

  it('explains no word that is no type of its room', () => {
    const stale = words.filter(
      ({ room, name }) => !types.some((type) => type.room === room && type.name === name),
    );
    expect(stale.map(({ room, name }) => `below "## ${room}": ${name} is no type`)).toEqual([]);
  });

  it('explains each word once', () => {
    const names = words.map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('needs each of the exceptions above', () => {
    const crossing = types.filter(({ importers }) => importers.size >= 2);
    const names = new Set(crossing.map(({ name }) => name));
    const surplus = [...known].filter((name) => !names.has(name));
    expect(surplus.map((name) => `remove ${name} from the list of known types`)).toEqual([]);
  });
});

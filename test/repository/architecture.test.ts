import { describe, expect, it } from '@jest/globals';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { foldersInCircles } from '../../tools/check/folder-circles.ts';
import { packageHomes, rooms } from '../../tools/rooms.mjs';

const repository = join(import.meta.dirname, '../..');
const folders = readdirSync(join(repository, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe('the rooms', () => {
  it('are exactly the folders of src', () => {
    expect([...folders].sort()).toEqual(Object.keys(rooms).sort());
  });

  it('import only rooms above them in the table', () => {
    const order = Object.keys(rooms);
    for (const [room, allowed] of Object.entries(rooms)) {
      const below = allowed.filter((other) => order.indexOf(other) >= order.indexOf(room));
      expect({ room, below }).toEqual({ room, below: [] });
    }
  });

  for (const room of folders) {
    it(`${room} says in at most fifteen lines what it is`, () => {
      const text = readFileSync(join(repository, 'src', room, 'README.md'), 'utf8');
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
    });
  }

  it('and their folders need each other one way only', () => {
    const exclude = ['src/**/*.test.ts', 'src/**/gen/**'];
    const files = globSync('src/**/*.ts', { cwd: repository, exclude });
    const sources = new Map(
      files.map((file) => [file, readFileSync(join(repository, file), 'utf8')]),
    );
    expect(foldersInCircles(sources)).toEqual([]);
    const circle = new Map([
      ['a/x.ts', "import { y } from '../b/y.ts';"],
      ['b/y.ts', "import type { Z } from './c/z.ts';"],
      ['b/c/z.ts', "export { x } from '../../a/x.ts';"],
      ['d/w.ts', "import { x } from '../a/x.ts';"],
    ]);
    expect(foldersInCircles(circle)).toEqual([['a', 'b', 'b/c']]);
  });

  it('and the tools need no test', () => {
    const files = globSync('{src,tools,demo}/**/*.ts', {
      cwd: repository,
      exclude: ['**/*.test.ts', '**/gen/**'],
    });
    const needing = files.filter((file) =>
      /from '[./]*\/test\//.test(readFileSync(join(repository, file), 'utf8')),
    );
    expect(needing).toEqual([]);
  });

  it('and what tests are made with needs no test', () => {
    const needing = globSync('test/support/**/*.{ts,mjs}', { cwd: repository }).filter((file) => {
      const text = readFileSync(join(repository, file), 'utf8');
      return [...text.matchAll(/ from '(\.[^']*)'/g)]
        .map(([, to = '']) => join(dirname(file), to))
        .some((to) => to.startsWith('test/') && !to.startsWith('test/support/'));
    });
    expect(needing).toEqual([]);
  });

  it('name no two types alike', () => {
    const files = globSync('src/**/*.ts', {
      cwd: repository,
      exclude: ['src/**/*.test.ts', 'src/**/gen/**'],
    });
    const homes = new Map<string, Set<string>>();
    for (const file of files)
      for (const [, name = ''] of readFileSync(join(repository, file), 'utf8').matchAll(
        /^export (?:abstract )?(?:interface|type|class) (\w+)/gm,
      ))
        homes.set(name, new Set([...(homes.get(name) ?? []), file.split('/')[1] ?? '']));
    const shared = [...homes].filter(([, rooms]) => rooms.size > 1);
    expect(shared.map(([name, rooms]) => [name, ...rooms])).toEqual([]);
  });

  it('have no barrels, utils or the like', () => {
    const banned = /\/(index|types|utils?|helpers?|manager|handler)(\.ts|\/)/;
    const files = globSync('src/**/*.ts', { cwd: repository });
    expect(files.filter((file) => banned.test(file) && !file.includes('/gen/'))).toEqual([]);
  });
});

describe('resources', () => {
  const files = globSync('src/**/*.ts', {
    cwd: repository,
    exclude: ['src/**/*.test.ts', 'src/**/gen/**'],
  });
  const matching = (text: RegExp, folder = 'src/'): readonly string[] =>
    files
      .filter((file) => file.startsWith(folder))
      .filter((file) => text.test(readFileSync(join(repository, file), 'utf8')))
      .sort();

  it('become bytes in one file; another packs messages into messages', () => {
    expect(matching(/\b(toBinary|BinaryWriter|anyPack)\b/)).toEqual([
      'src/envoy/any.ts',
      'src/xds/resources/encode.ts',
    ]);
  });

  it('are messages until then: no builder has bytes', () => {
    expect(matching(/\b(Uint8Array|Buffer|TextEncoder)\b/, 'src/xds/resources/')).toEqual([
      'src/xds/resources/encode.ts',
      'src/xds/resources/resource.ts',
    ]);
  });

  it('are encoded by caches alone, once for all proxies that may have the same', () => {
    expect(matching(/from '[./a-z-]*\/encode\.ts'/)).toEqual([
      'src/control-plane/workload-secrets.ts',
      'src/xds/resources/encoded-part.ts',
      'src/xds/resources/endpoint-resources.ts',
      'src/xds/resources/extension-maps.ts',
      'src/xds/resources/fresh-chains.ts',
      'src/xds/resources/pod-listeners.ts',
    ]);
  });
});

describe('regular expressions', () => {
  it('that users write are never run: a RegExp is made of what Weft itself wrote, in one file', () => {
    const files = globSync('src/**/*.ts', { cwd: repository, exclude: ['src/**/*.test.ts'] });
    const making = files.filter((file) =>
      /\b(new )?RegExp\(/.test(readFileSync(join(repository, file), 'utf8')),
    );
    expect(making).toEqual(['src/api/gateway-secret.ts']);
  });
});

describe('the packages', () => {
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Readonly<Record<string, string>>
  >;
  const page = readFileSync(join(repository, 'docs/dependencies.md'), 'utf8');

  it('of run time have a home each', () => {
    expect(Object.keys(packageHomes).sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
    if (name.startsWith('@types/')) continue;
    it(`${name} has its line in docs/dependencies.md`, () => {
      expect(page).toContain(`\`${name}\``);
    });
  }
});

it("Envoy's protos are imported, each that is listed", () => {
  const list = readFileSync(join(repository, 'tools/parts/envoy-protos/protos.txt'), 'utf8');
  const listed = list.split('\n').filter((line) => line.endsWith('.proto'));
  const files = globSync('{src,test}/**/*.ts', { cwd: repository, exclude: ['**/gen/**'] });
  const sources = files.map((file) => readFileSync(join(repository, file), 'utf8')).join();
  const unused = listed.filter((proto) => !sources.includes(`/gen/${proto.slice(0, -6)}_pb.js'`));
  expect(listed.length).toBeGreaterThan(10);
  expect({ unused, twice: listed.filter((proto, at) => listed.indexOf(proto) !== at) }).toEqual({
    unused: [],
    twice: [],
  });
});

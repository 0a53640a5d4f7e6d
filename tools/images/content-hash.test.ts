import { chmod, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { contentHash } from './content-hash.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-hash-test-'));
  await writeFile(join(folder, 'a'), 'one');
});

afterEach(() => rm(folder, { recursive: true }));

function hash(name = 'a'): Promise<string> {
  return contentHash({ [name]: join(folder, 'a') }, join(folder, 'memo.json'));
}

it('stays while only times change', async () => {
  const first = await hash();
  await utimes(join(folder, 'a'), 1, 1);
  expect(await hash()).toBe(first);
});

it.each([
  ['content of the same length', () => writeFile(join(folder, 'a'), 'two')],
  ['the mode', () => chmod(join(folder, 'a'), 0o755)],
])('changes with %s', async (_, change) => {
  const first = await hash();
  await change();
  expect(await hash()).not.toBe(first);
});

it('changes with the name inside the image', async () => {
  expect(await hash('b')).not.toBe(await hash('a'));
});

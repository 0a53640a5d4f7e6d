import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { cached } from './cache.ts';

let root: string;
const before = process.env['WEFT_CACHE'];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'weft-cache-test-'));
  process.env['WEFT_CACHE'] = root;
});

afterEach(async () => {
  if (before === undefined) delete process.env['WEFT_CACHE'];
  else process.env['WEFT_CACHE'] = before;
  await rm(root, { recursive: true });
});

it('fills once, however many ask at once', async () => {
  let fills = 0;
  const fill = async (directory: string): Promise<void> => {
    fills += 1;
    await writeFile(join(directory, 'file'), 'content');
  };
  const asked = await Promise.all([1, 2, 3].map(() => cached('part', '1', fill)));
  expect(fills).toBe(1);
  expect(new Set(asked)).toEqual(new Set([join(root, 'part-1')]));
  expect(await readFile(join(root, 'part-1', 'file'), 'utf8')).toBe('content');
});

it('shows nothing of a fill that failed, and tries again', async () => {
  const broken = cached('part', '1', async (directory) => {
    await writeFile(join(directory, 'half'), '');
    throw new Error('no network');
  });
  await expect(broken).rejects.toThrow('no network');
  expect((await readdir(root)).filter((name) => !name.endsWith('.lock'))).toEqual([]);
  await cached('part', '1', () => Promise.resolve());
  expect(await readdir(root)).toContain('part-1');
});

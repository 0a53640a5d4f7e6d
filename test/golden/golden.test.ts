import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { inconsistencies } from '../support/oracles/inconsistencies.ts';
import { playStory, storyDirectory, storyNames } from './story-files.ts';

/** What lies in a story's folder, without its input. */
function filesOf(directory: string): readonly string[] {
  const proxies = join(directory, 'proxies');
  return [
    ...readdirSync(directory).filter((name) => name !== 'input.yaml' && name !== 'proxies'),
    ...(existsSync(proxies) ? readdirSync(proxies).map((name) => `proxies/${name}`) : []),
  ].sort();
}

describe('golden stories', () => {
  it('are there', () => {
    expect(storyNames().length).toBeGreaterThan(0);
  });

  describe.each(storyNames())('%s', (story) => {
    const { files, sets } = playStory(story);
    const directory = storyDirectory(story);

    it('begins with a sentence that tells it', () => {
      expect(readFileSync(join(directory, 'input.yaml'), 'utf8')).toMatch(/^# \S.+\n/);
    });

    it('has just the files that it makes; `make golden` writes them', () => {
      expect(filesOf(directory)).toEqual([...files.keys()].sort());
    });

    it.each([...files.keys()])('makes %s', (path) => {
      expect(files.get(path)).toBe(readFileSync(join(directory, path), 'utf8'));
    });

    it('gives every proxy a consistent set', () => {
      for (const set of sets.values()) expect(inconsistencies(set)).toEqual([]);
    });
  });
});

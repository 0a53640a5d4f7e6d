import { describe, expect, it, jest } from '@jest/globals';
import { envoyVersions, refusal } from '../envoy/validate.ts';
import { playStory, storyNames } from './story-files.ts';

jest.setTimeout(120_000);

describe.each(envoyVersions)('Envoy %s', (version) => {
  it.each(storyNames())('accepts every proxy of %s', async (story) => {
    const sets = new Set(playStory(story).sets.values());
    for (const set of sets) expect(await refusal(set, version)).toBe('');
  });
});

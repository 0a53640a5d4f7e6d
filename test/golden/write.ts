// Writes the golden stories again: `make golden`. Files that a story no longer makes are removed.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { playStory, storyDirectory, storyNames } from './story-files.ts';

for (const story of storyNames()) {
  const directory = storyDirectory(story);
  const { files } = playStory(story);
  rmSync(join(directory, 'proxies'), { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}
process.stdout.write(`${String(storyNames().length)} stories\n`);

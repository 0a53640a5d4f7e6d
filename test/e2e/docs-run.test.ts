import { describe, expect, it } from '@jest/globals';
import { readCommands } from './commands-run.ts';
import { docsCommands, notRun } from './docs-commands.ts';

describe('the docs', () => {
  it('contain no command that no test has run', async () => {
    // This suite is a part of it.
    const ran = new Set([...(await readCommands()), 'make test']);
    expect(notRun(await docsCommands(), ran)).toEqual([]);
  });
});

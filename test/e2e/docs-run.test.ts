import { describe, expect, it } from '@jest/globals';
import { readCommands } from './commands-run.ts';
import { docsCommands, notRun } from './docs-commands.ts';

describe('the docs', () => {
  it('tell nobody to type a command that nothing here has run', async () => {
    // This suite is a part of it.
    const ran = new Set([...(await readCommands()), 'make test']);
    expect(notRun(await docsCommands(), ran)).toEqual([]);
  });
});

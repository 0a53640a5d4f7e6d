import { describe, expect, it } from '@jest/globals';
import { commandsIn, docsCommands, notRun } from './docs-commands.ts';

const page = `
Text with \`kubectl get pods\` in it.

\`\`\`sh
make demo    # a comment
kubectl patch meshconfig m --type=merge \\
  -p '{"spec":{}}'
\`\`\`

\`\`\`yaml
kind: Pod
\`\`\`
`;

describe('the commands of the docs', () => {
  it('are those in shell blocks, without comments, continued lines joined', () => {
    expect(commandsIn('page.md', page)).toEqual([
      { file: 'page.md', command: 'make demo' },
      { file: 'page.md', command: `kubectl patch meshconfig m --type=merge -p '{"spec":{}}'` },
    ]);
  });

  it('are named with their page when nothing ran them', () => {
    const ran = new Set(['make demo']);
    expect(notRun(commandsIn('page.md', page), ran)).toEqual([
      `page.md: kubectl patch meshconfig m --type=merge -p '{"spec":{}}'`,
    ]);
  });

  it('are there', async () => {
    const files = new Set((await docsCommands()).map(({ file }) => file));
    expect(files).toContain('README.md');
    expect(files).toContain('docs/install.md');
  });
});

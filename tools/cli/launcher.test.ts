import { expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { launcher } from './launcher.ts';

interface Run {
  readonly output: string;
  readonly code: number | undefined;
  readonly goesOn: boolean;
}

/** Runs the first lines of out/weft as that version of Node would. */
function runBy(version: string): Run {
  let output = '';
  const ended = new Error('ended');
  const code: number[] = [];
  const process = {
    versions: { node: version },
    execPath: '/usr/bin/node',
    argv: ['/usr/bin/node', '/opt/weft'],
    stderr: { write: (text: string) => (output += text) },
    exit: (with_: number) => {
      code.push(with_);
      throw ended;
    },
    getBuiltinModule: () => ({ createRequire: () => () => undefined }),
  };
  try {
    runInNewContext(launcher.banner['js'] ?? '', { process });
    return { output, code: code[0], goesOn: true };
  } catch (error) {
    if (error !== ended) throw error;
    return { output, code: code[0], goesOn: false };
  }
}

it.each(['18.20.8', '20.20.2', '23.11.1', '9.0.0'])('Node %s is told what it lacks', (version) => {
  const { output, code, goesOn } = runBy(version);
  expect({ code, goesOn }).toEqual({ code: 1, goesOn: false });
  const first = `weft needs Node 24 or newer, and this is Node ${version} (/usr/bin/node).\n`;
  expect(output.startsWith(first)).toBe(true);
  expect(output).toContain('/path/to/node24 /opt/weft\n');
});

it.each(['24.0.0', '24.21.0', '100.1.0'])('Node %s goes on', (version) => {
  expect(runBy(version)).toEqual({ output: '', code: undefined, goesOn: true });
});

it('no line needs more than ES5, so that every Node can read it', () => {
  expect(launcher.banner['js']).not.toMatch(/\b(const|let|import|export)\b|=>|`/);
});

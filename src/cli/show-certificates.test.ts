import { describe, expect, it } from '@jest/globals';
import {
  certificateStories,
  type StoryName,
  toldAt,
} from '../../test/support/stories/certificate-stories.ts';
import { FakeClock, settle } from '../../test/support/time/fake-clock.ts';
import type { Reading } from './certificate-source.ts';
import type { Output } from './output.ts';
import { type ExitCode, type ShowOptions, showCertificates } from './show-certificates.ts';

const over = { message: 'No answer.', advice: [] };

/** What is read one after the other; the last again and again. */
function reads(...turns: readonly (StoryName | 'failure')[]): () => Promise<Reading> {
  let turn = 0;
  return () => {
    const name = turns[Math.min(turn, turns.length - 1)] ?? 'failure';
    turn += 1;
    if (name === 'failure') return Promise.resolve({ kind: 'failure', failure: over });
    const { meshConfig, roots } = certificateStories[name];
    const unknown = {
      leaves: { kind: 'not-reported' },
      heartbeat: { kind: 'not-reported' },
    } as const;
    const facts = { meshConfig, roots, others: [], ...unknown };
    return Promise.resolve({ kind: 'facts', facts });
  };
}

interface Run {
  readonly clock: FakeClock;
  readonly printed: string[];
  readonly stop: () => Promise<ExitCode>;
  readonly code: Promise<ExitCode>;
}

function run(
  read: ShowOptions['read'],
  options: Partial<ShowOptions> = {},
  isTerminal = false,
): Run {
  const clock = new FakeClock(toldAt);
  const printed: string[] = [];
  const output: Output = {
    isTerminal,
    print: (lines) => printed.push(`print ${lines.join('\n')}`),
    redraw: (lines) => printed.push(`redraw ${lines.join('\n')}`),
    complain: ({ message }) => printed.push(`complain ${message}`),
  };
  const over = new AbortController();
  const form = options.form ?? 'json';
  const shown = { read, form, watch: options.watch ?? false, output, clock };
  const code = showCertificates(shown, over.signal);
  const stop = (): Promise<ExitCode> => {
    over.abort(new Error('stopped'));
    return code;
  };
  return { clock, printed, stop, code };
}

const state = (line = ''): unknown =>
  (JSON.parse(line.replace(/^print /, '')) as { state: string }).state;

describe('once', () => {
  it.each([
    ['at rest on the built-in authority', 0],
    ['in SignNew', 0],
    ['no status yet', 1],
    ['being made', 1],
    ['failure', 1],
    ['held by pods that do not answer', 2],
    ['an edit that cannot be put into force', 2],
    ['no operator at work', 2],
  ] as const)('%s ends with %d', async (name, code) => {
    const { printed, code: ended } = run(reads(name));
    expect(await ended).toBe(code);
    expect(printed).toHaveLength(1);
    expect(printed[0]).toMatch(
      name === 'failure' ? /^complain No answer\.$/ : /^print \{\n {2}"mesh"/,
    );
  });
});

describe('with --watch', () => {
  it('prints a line of JSON when something happened, and only then', async () => {
    const { clock, printed, stop } = run(
      reads('in TrustBoth', 'in TrustBoth', 'in SignNew', 'at rest on the built-in authority'),
      { watch: true },
    );
    await settle();
    expect(printed.map(state)).toEqual(['switching']);
    await clock.advance(2000);
    expect(printed).toHaveLength(1);
    await clock.advance(60_000);
    expect(printed.map(state)).toEqual(['switching', 'switching', 'healthy']);
    expect(printed.every((line) => !line.includes('\n'))).toBe(true);
    expect(await stop()).toBe(0);
  });

  it('draws the table again on a terminal, because ages change', async () => {
    const { clock, printed, stop } = run(
      reads('in TrustBoth'),
      { form: 'table', watch: true },
      true,
    );
    await clock.advance(4000);
    expect(printed.map((text) => /since \S+ (\(.*\))/.exec(text)?.[1])).toEqual([
      '(2m 14s)',
      '(2m 16s)',
      '(2m 18s)',
    ]);
    expect(printed.every((text) => text.startsWith('redraw '))).toBe(true);
    await stop();
  });

  it('elsewhere prints the table again when something happened, below an empty line', async () => {
    const { clock, printed, stop } = run(reads('in TrustBoth', 'in SignNew'), {
      form: 'table',
      watch: true,
    });
    await clock.advance(10_000);
    expect(printed.map((text) => text.split('\n')[0])).toEqual([
      expect.stringMatching(/^print Mesh /),
      'print ',
    ]);
    await stop();
  });

  it('complains once of what it cannot read, goes on, and ends with what was last', async () => {
    const { clock, printed, stop } = run(
      reads('in TrustBoth', 'failure', 'failure', 'in TrustBoth', 'failure'),
      { watch: true },
    );
    await clock.advance(6000);
    expect(printed.slice(1)).toEqual(['complain No answer.']);
    await clock.advance(60_000);
    expect(printed.slice(1)).toEqual(['complain No answer.', 'complain No answer.']);
    expect(await stop()).toBe(1);
  });

  it('does not begin to follow what cannot be read at first', async () => {
    const { printed, code } = run(reads('failure', 'in TrustBoth'), { watch: true });
    expect(await code).toBe(1);
    expect(printed).toEqual(['complain No answer.']);
  });

  it('says that a switch is held as soon as it is, although no object changed', async () => {
    const { clock, printed, stop } = run(reads('in TrustBoth'), { watch: true });
    await clock.advance(10 * 60_000);
    expect(printed.map(state)).toEqual(['switching', 'held']);
    expect(await stop()).toBe(2);
  });
});

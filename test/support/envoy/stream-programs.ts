import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { until } from '../time/until.ts';
import type { TestPod } from './pod.ts';

/** The kinds of streams that are held. */
export const streamKinds = ['grpc', 'http', 'server-first', 'tcp', 'websocket'];

/** Streams of a pod, one of each kind. */
export interface HeldStreams {
  /** Once all of them carry something. */
  open(): Promise<void>;
  /** Ends them, and gives which had opened, and which had ended before. */
  letGo(): Promise<{ readonly opened: readonly string[]; readonly ended: readonly string[] }>;
}

/** Requests or connections of a pod, many a second. */
export interface SteadyCalls {
  /**
   * Ends them, and returns the lines that report failures. Fails unless more than 20 were made and all others answered.
   */
  letGo(): Promise<readonly string[]>;
}

/** No program lives longer, whatever becomes of the test. */
const longestSeconds = '400';

/** Runs `streams.mjs` in the pods of a test mesh. */
export class StreamPrograms {
  readonly #directory: string;
  readonly #address: string;
  readonly #running: { readonly file: string; readonly output: Promise<string> }[] = [];

  /** Files that stop programs go to `directory`; `address` is called. */
  constructor(directory: string, address: string) {
    this.#directory = directory;
    this.#address = address;
  }

  /** Starts a server, and waits until it listens. */
  async serve(pod: TestPod): Promise<void> {
    this.#start(pod, (file) => ['serve', longestSeconds, file]);
    for (const port of [8080, 7000, 7001]) await pod.listens(port);
  }

  hold(pod: TestPod): HeldStreams {
    const opened = new Set<string>();
    const onLine = (line: string): void => {
      const [kind = '', word] = line.split(' ');
      if (word === 'open') opened.add(kind);
    };
    const letGo = this.#start(pod, (file) => ['hold', ...this.#call(file)], onLine);
    return {
      open: async () => {
        await until(() => [...opened], {
          what: 'streams of every kind',
          holds: ({ length }) => length === streamKinds.length,
        });
      },
      letGo: async () => {
        const lines = (await letGo()).map((line) => line.split(' '));
        const of = (word: string): readonly string[] =>
          lines
            .filter(([, output]) => output === word)
            .map(([kind = '']) => kind)
            .sort();
        return { opened: of('open'), ended: of('end') };
      },
    };
  }

  /** Asks for `/quick` on kept connections and on new ones, or dials the TCP port. */
  calls(pod: TestPod, how: 'ask' | 'dial'): SteadyCalls {
    const letGo = this.#start(pod, (file) => [how, ...this.#call(file)]);
    return { letGo: async () => failuresOf(await letGo()) };
  }

  /** Ends every program. */
  async stop(): Promise<void> {
    for (const { file } of this.#running) await writeFile(file, '');
    await Promise.allSettled(this.#running.map(({ output }) => output));
  }

  readonly #call = (file: string): readonly string[] => [this.#address, file, longestSeconds];

  #start(
    pod: TestPod,
    args: (file: string) => readonly string[],
    onLine: (line: string) => void = () => undefined,
  ): () => Promise<readonly string[]> {
    const file = join(this.#directory, `go-${String(this.#running.length)}`);
    const program = join(import.meta.dirname, 'streams.mjs');
    const output = pod.exec([process.execPath, program, ...args(file)], { onLine });
    // A failure is reported where it is awaited.
    output.catch(() => undefined);
    this.#running.push({ file, output });
    return async () => {
      await writeFile(file, '');
      return (await output).trim().split('\n');
    };
  }
}

function failuresOf(lines: readonly string[]): readonly string[] {
  const failures = lines.filter((line) => line.startsWith('failed'));
  const [, asked = '', answered = ''] =
    /^asked (\d+) answered (\d+)$/.exec(lines.at(-1) ?? '') ?? [];
  expect(Number(asked)).toBeGreaterThan(20);
  expect(Number(answered) + failures.length).toBe(Number(asked));
  return failures;
}

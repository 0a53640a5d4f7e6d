import { printable } from './lines.ts';
import type { CommandFailure } from './failure.ts';

/** The output of a command; tests read it. */
export interface Output {
  /** Whether the output is a terminal, whose screen may be drawn again. */
  readonly isTerminal: boolean;
  /** Lines for standard output. */
  print(lines: readonly string[]): void;
  /** The same, replacing the content of the screen. */
  redraw(lines: readonly string[]): void;
  /** A failure, for standard error. */
  complain(failure: CommandFailure): void;
}

/** Standard output and standard error. Ends the process when the reader of its output has gone. */
export function processOutput(): Output {
  const { stdout, stderr } = process;
  stdout.on('error', () => process.exit(0));
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  return {
    isTerminal: stdout.isTTY,
    print: (lines) => stdout.write(text(lines)),
    redraw: (lines) => stdout.write(`\u001b[H\u001b[2J${text(lines)}`),
    complain: (failure) => stderr.write(text(failureLines(failure))),
  };
}

/** The message, and below it the advice. */
function failureLines({ message, advice }: CommandFailure): readonly string[] {
  return [message, ...advice.map((line) => `  → ${line}`)].map(printable);
}

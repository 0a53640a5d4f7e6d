import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  /** Variables set besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for the command's standard input. */
  readonly input?: string;
  /** Called with each line the command prints on either stream. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A command that could not be started, or ended with another code than 0. */
export class CommandError extends Error {
  readonly exitCode: number | undefined;
  readonly output: string;

  constructor(what: string, exitCode: number | undefined, output: string) {
    const tail = lastLines(output, 20);
    super(tail === '' ? what : `${what}\n${tail}`);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.output = output;
  }
}

/** Runs a command and resolves to its standard output. Throws CommandError with the last lines of its output. */
export function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    let stdout = '';
    let everything = '';
    const lines = lineSplitter(options.onLine);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      everything += text;
      lines(text);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      everything += text;
      lines(text);
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
    const line = [command, ...args].join(' ');
    child.on('error', (error) => {
      reject(new CommandError(`${line}: ${error.message}`, undefined, everything));
    });
    child.on('close', (code, signalName) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new CommandError(
            `${line}: ended with ${String(code ?? signalName)}`,
            code ?? undefined,
            everything,
          ),
        );
    });
  });
}

/** As `run`, but resolves to whether the command ended with 0. */
export async function succeeds(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<boolean> {
  try {
    await run(command, args, options);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** The last `count` lines of a text, without blank lines at its end. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function lineSplitter(onLine: ((line: string) => void) | undefined): (text: string) => void {
  let rest = '';
  return (text) => {
    if (onLine === undefined) return;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}

import type { Clock } from '../common/clock.ts';
import type { Reading } from './certificate-source.ts';
import { certificateStatusOf, type CertificateStatus, type State } from './certificate-status.ts';
import { certificateTable } from './certificate-table.ts';
import type { Output } from './output.ts';

/** 0: healthy, or switching as expected. 1: unknown. 2: a user must act. */
export type ExitCode = 0 | 1 | 2;

export interface ShowOptions {
  readonly read: (signal: AbortSignal) => Promise<Reading>;
  readonly form: 'table' | 'json';
  readonly watch: boolean;
  readonly output: Output;
  readonly clock: Clock;
}

const exitCodes: Readonly<Record<State, ExitCode>> = {
  healthy: 0,
  switching: 0,
  unknown: 1,
  held: 2,
  failing: 2,
};

/** The interval between two reads of `--watch`. */
const lookEveryMs = 2000;

/**
 * Prints the certificate status once or, with `watch`, again after every change until the signal aborts. The first
 * reading must succeed; a later one may fail: that is printed, and the reading is tried again.
 */
export async function showCertificates(
  options: ShowOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { clock, watch } = options;
  let shown = await show(options, undefined, signal);
  if (shown.status === undefined || !watch) return shown.code;
  for (;;) {
    try {
      await clock.sleep(lookEveryMs, signal);
      shown = await show(options, shown, signal);
    } catch (error) {
      if (signal.aborted) return shown.code;
      throw error;
    }
  }
}

interface Shown {
  readonly code: ExitCode;
  /** The last status that could be read. */
  readonly status: CertificateStatus | undefined;
  /** The failure that is shown at the moment. */
  readonly complaint?: string;
}

async function show(
  options: ShowOptions,
  before: Shown | undefined,
  signal: AbortSignal,
): Promise<Shown> {
  const { read, output, clock } = options;
  const reading = await read(signal);
  if (reading.kind === 'failure') {
    const { message } = reading.failure;
    if (before?.complaint !== message) output.complain(reading.failure);
    return { code: 1, status: before?.status, complaint: message };
  }
  const now = clock.now();
  const status = certificateStatusOf(reading.facts, now);
  say(options, { status, before: before?.status }, now);
  return { code: exitCodes[status.state], status };
}

/** On a terminal the table is drawn again each time, because it shows durations. */
function say(
  { form, watch, output }: ShowOptions,
  { status, before }: { status: CertificateStatus; before: CertificateStatus | undefined },
  now: number,
): void {
  const hasChanged = JSON.stringify(status) !== JSON.stringify(before);
  if (form === 'json') {
    if (hasChanged) output.print([jsonOf(status, watch)]);
    return;
  }
  const lines = certificateTable(status, now);
  if (watch && output.isTerminal) output.redraw(lines);
  else if (hasChanged) output.print(before === undefined ? lines : ['', ...lines]);
}

/** JSON on one line per change, or indented for people. Escapes the control characters that could steer a terminal. */
function jsonOf(status: CertificateStatus, oneLine: boolean): string {
  const text = JSON.stringify(status, undefined, oneLine ? 0 : 2);
  return text.replaceAll(
    /[\u007f-\u009f]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

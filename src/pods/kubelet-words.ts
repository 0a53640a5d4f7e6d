// Input: parts of a pod's status. Output: the kubelet's texts in them, fit to be shown. Pure and total.
import { type Fields, integer, text } from '../common/read.ts';

/** The longest text of another program that is kept. */
const maxTextLength = 160;

export function describeEnd(ended: Fields): string {
  const reason = text(ended['reason']) ?? 'Error';
  return `${cleanText(reason)}, exit code ${integer(ended['exitCode']) ?? 'unknown'}`;
}

/**
 * A text of another program on one line, without control characters that a terminal would obey, and cut to
 * `maxTextLength`.
 */
export function cleanText(words: string): string {
  const line = words.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
  return line.length <= maxTextLength ? line : `${line.slice(0, maxTextLength - 1)}…`;
}

/** Milliseconds since the epoch; undefined for what is no time. */
export function timeOf(value: unknown): number | undefined {
  const time = Date.parse(text(value) ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** Prints a measured figure as a line of its own; `make test` shows these lines of a suite. */
export function figure(text: string): void {
  process.stdout.write(`  ◆ ${text}\n`);
}

/** Milliseconds or other numbers at p50 and at most, for a figure. */
export function spread(values: readonly number[]): { readonly p50: number; readonly max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)] ?? NaN, max: sorted.at(-1) ?? NaN };
}

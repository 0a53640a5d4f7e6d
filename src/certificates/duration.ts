/** A parsed duration, or what is wrong with it. */
export type ParsedDuration = { readonly milliseconds: number } | { readonly problem: string };

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Text as Go's time.ParseDuration takes it: "24h", "1h30m", "1.5h", "-10s", "0". */
export function parseDuration(text: string): ParsedDuration {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = /^[+-]/.test(text) ? text.slice(1) : text;
  if (digits === '0') return { milliseconds: 0 };
  let milliseconds = 0;
  part.lastIndex = 0;
  while (part.lastIndex < digits.length) {
    const found = part.exec(digits);
    if (found === null) return { problem: problemOf(text) };
    milliseconds += Number(found[1]) * (unitMs[found[2] ?? ''] ?? 0);
  }
  return digits === '' ? { problem: problemOf(text) } : { milliseconds: sign * milliseconds };
}

function problemOf(text: string): string {
  return `${JSON.stringify(text)} is not a duration such as "24h" or "1h30m"`;
}

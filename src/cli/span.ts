const units = [
  ['y', 365 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** A length of time in its two largest units, such as `9y 362d` or `2m 14s`; `0s` for less than a second. */
export function formatSpan(ms: number): string {
  const at = units.findIndex(([, size]) => ms >= size);
  const [unit, size] = units[at] ?? ['s', 1000];
  const whole = Math.floor(Math.max(ms, 0) / size);
  const next = units[at + 1];
  const rest = at < 0 || next === undefined ? 0 : Math.floor((ms % size) / next[1]);
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit} ${rest}${next?.[0] ?? ''}`;
}

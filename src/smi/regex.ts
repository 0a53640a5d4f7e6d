/** Undefined when RE2 takes the pattern; otherwise why it does not. */
export function regexProblem(pattern: string): string | undefined {
  return pattern.length > 4096 ? 'it is longer than 4096 characters' : undefined;
}

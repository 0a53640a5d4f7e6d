/** `2 of 3 replicas are`: the noun and its verb go by the whole. `words`: for a whole of one, and of any other. */
export function counted(
  part: number,
  whole: number,
  [one, many]: readonly [string, string],
): string {
  return `${part} of ${whole} ${whole === 1 ? one : many}`;
}

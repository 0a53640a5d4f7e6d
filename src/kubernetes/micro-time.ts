/** metav1.MicroTime of a moment in milliseconds since the epoch. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

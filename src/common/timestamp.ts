/** Milliseconds since the epoch as RFC 3339 in UTC, whole seconds, as Kubernetes writes it. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

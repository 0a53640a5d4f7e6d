/** Whether two values of plain data (JSON, and Maps of it) are equal at every depth. Key order does not count. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return arraysEqual(a, b);
  if (a instanceof Map || b instanceof Map) return mapsEqual(a, b);
  return recordsEqual(a as Record<string, unknown>, b as Record<string, unknown>);
}

function arraysEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((value, index) => deepEqual(value, b[index]));
}

function mapsEqual(a: unknown, b: unknown): boolean {
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  for (const [key, value] of a) {
    if (!b.has(key) || !deepEqual(value, b.get(key))) return false;
  }
  return true;
}

/** A key whose value is undefined counts as absent, as it does in JSON. */
function recordsEqual(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  for (const key in a) if (!deepEqual(a[key], own(b, key))) return false;
  for (const key in b) if (b[key] !== undefined && own(a, key) === undefined) return false;
  return true;
}

/** Not what every object inherits: people name labels and headers "constructor". */
function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

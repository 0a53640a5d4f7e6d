/**
 * Bytes that plain data takes in the heap: twice what V8 needs for usual JSON, and never less than it needs. Stops once
 * the sum is above `enough`, so that a huge value is cheap to weigh, and ignores levels deeper than any that is kept.
 */
export function weigh(value: unknown, enough = Infinity, levels = maxDepth): number {
  if (typeof value === 'string') return ofText(value);
  if (typeof value !== 'object' || value === null || levels === 0) return 0;
  return Array.isArray(value) ? ofList(value, enough, levels) : ofMap(value, enough, levels);
}

function ofList(list: readonly unknown[], enough: number, levels: number): number {
  let sum = header;
  for (const item of list) {
    sum += slot + weigh(item, enough - sum, levels - 1);
    if (sum > enough) break;
  }
  return sum;
}

function ofMap(map: object, enough: number, levels: number): number {
  let sum = header;
  for (const key of Object.keys(map)) {
    const inner = (map as Readonly<Record<string, unknown>>)[key];
    sum += entry + (key.length > usualKey ? ofText(key) : 0);
    sum += weigh(inner, enough - sum, levels - 1);
    if (sum > enough) break;
  }
  return sum;
}

const maxDepth = 64;
const header = 64;
const slot = 8;
/** Key, value, details and empty slots of a dictionary, as which V8 stores an object with unusual keys. */
const entry = 48;
/** Shorter keys are mostly those of Kubernetes, which V8 keeps once. */
const usualKey = 16;

function ofText(text: string): number {
  return 24 + text.length;
}

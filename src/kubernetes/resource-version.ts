/** Orders two resourceVersions of one kind; undefined when they are not the decimal numbers they should be. */
export function compareVersions(one: string, other: string): number | undefined {
  if (!/^\d+$/.test(one) || !/^\d+$/.test(other)) return undefined;
  if (one.length !== other.length) return one.length - other.length;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** The later of two moments; the new one when they cannot be compared. */
export function laterVersion(known: string, seen: string): string {
  const order = compareVersions(seen, known);
  return order !== undefined && order < 0 ? known : seen;
}

interface Versioned {
  readonly resourceVersion?: string;
}

/** True when `seen` is certainly from before `known`. */
export function isOlder(seen: Versioned, known: Versioned): boolean {
  if (seen.resourceVersion === undefined || known.resourceVersion === undefined) return false;
  const order = compareVersions(seen.resourceVersion, known.resourceVersion);
  return order !== undefined && order < 0;
}

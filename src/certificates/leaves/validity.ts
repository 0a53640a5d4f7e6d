import { parseDuration } from '../../common/duration.ts';

export const defaultValidityMs = 24 * 3_600_000;
export const shortestValidityMs = 10 * 60_000;

/** How long leaves are valid, and why that differs from the setting. */
export interface Validity {
  readonly validityMs: number;
  /** Present when Weft uses another validity than the setting. */
  readonly problem?: string;
}

/** From MeshConfig's serviceCertValidityDuration, as OSM reads it: unparsable is 24 h, the floor is 10 min. */
export function leafValidity(setting: string | undefined): Validity {
  if (setting === undefined) return { validityMs: defaultValidityMs };
  const parsed = parseDuration(setting);
  const quoted = JSON.stringify(setting);
  if (parsed === undefined)
    return {
      validityMs: defaultValidityMs,
      problem: `${quoted} is not a duration such as "24h" or "1h30m"; 24h is used`,
    };
  if (parsed < shortestValidityMs)
    return {
      validityMs: shortestValidityMs,
      problem: `${quoted} is below the shortest life of 10m; 10m is used`,
    };
  return { validityMs: parsed };
}

import type {
  CertificateReport,
  GatewayReport,
  LeavesReport,
  RootReport,
  Witnesses,
} from './certificate-report.ts';

/** Undefined when there is none, or when it is not what formatReport writes. Never throws. */
export function parseReport(text: string | undefined): CertificateReport | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isReport(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

type Guard<T> = (value: unknown) => value is T;

const isString: Guard<string> = (value) => typeof value === 'string';
const isBoolean: Guard<boolean> = (value) => typeof value === 'boolean';
/** JSON has no NaN, but 1e999 is read as Infinity. */
const isNumber: Guard<number> = (value): value is number => Number.isFinite(value);
const longestTimeMs = 8.64e15;
/** Milliseconds since the epoch, of which a Date can be made. */
const isTime: Guard<number> = (value): value is number =>
  isNumber(value) && Math.abs(value) <= longestTimeMs;

/** An object with these fields. The types see to it that no field of T goes without a guard. */
function has<T>(fields: { readonly [Field in keyof T]-?: Guard<T[Field]> }): Guard<T> {
  const guards = Object.entries<Guard<unknown>>(fields);
  return (value): value is T =>
    isRecord(value) && guards.every(([name, guard]) => guard(value[name]));
}

function optional<T>(guard: Guard<T>): Guard<T | undefined> {
  return (value) => value === undefined || guard(value);
}

function eachOf<T>(guard: Guard<T>): Guard<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> =>
    isRecord(value) && Object.values(value).every(guard);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isTrouble = has({ code: isString, message: isString, since: isTime });

const isWitnesses = has<Witnesses>({
  step: isNumber,
  acknowledged: isNumber,
  total: isNumber,
  waiting: (value) => Array.isArray(value) && value.every(isString),
});

const isReport = has<CertificateReport>({
  step: isNumber,
  complete: isBoolean,
  roots: eachOf(
    has<RootReport>({
      ready: isBoolean,
      roots: optional(isString),
      fingerprint: optional(isString),
      notAfter: optional(isTime),
      signerNotAfter: optional(isTime),
      trouble: optional(isTrouble),
    }),
  ),
  trust: isWitnesses,
  leaves: isWitnesses,
  channel: isWitnesses,
  bootstraps: optional(has({ step: isNumber, since: isTime })),
  gateway: optional(
    has<GatewayReport>({
      namespace: isString,
      name: isString,
      trustedStep: isNumber,
      signerStep: isNumber,
      trouble: optional(isTrouble),
    }),
  ),
  released: optional(isBoolean),
  health: has<LeavesReport>({
    held: isNumber,
    waiting: isNumber,
    earliestExpiry: optional(isTime),
    failure: optional(isTrouble),
  }),
});

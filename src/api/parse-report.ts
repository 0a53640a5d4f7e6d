import type {
  BootstrapsReport,
  CertificateReport,
  GatewayReport,
  LeavesReport,
  RootReport,
  UnservedNamespace,
  AckCounts,
} from './certificate-report.ts';
import {
  eachOf,
  has,
  isBoolean,
  isNumber,
  isString,
  isTime,
  listOf,
  optional,
  parseGuarded,
} from '../common/guards.ts';

const isFailure = has({ code: isString, message: isString, since: isTime });

const isUnserved = has<UnservedNamespace>({
  namespace: isString,
  reason: isString,
  pods: listOf(isString),
  total: isNumber,
});

const isAckCounts = has<AckCounts>({
  step: isNumber,
  acknowledged: isNumber,
  total: isNumber,
  aside: optional(isNumber),
  waiting: listOf(isString),
});

const isGateway = has<GatewayReport>({
  namespace: isString,
  name: isString,
  trustedStep: isNumber,
  signerStep: isNumber,
  trouble: optional(isFailure),
});

const isReport = has<CertificateReport>({
  step: isNumber,
  complete: isBoolean,
  setAside: optional(listOf(isString)),
  roots: eachOf(
    has<RootReport>({
      ready: isBoolean,
      roots: optional(isString),
      fingerprint: optional(isString),
      notAfter: optional(isTime),
      signerNotAfter: optional(isTime),
      aboveNotAfter: optional(isTime),
      notes: optional(listOf(isString)),
      trouble: optional(isFailure),
    }),
  ),
  trust: isAckCounts,
  leaves: isAckCounts,
  channel: isAckCounts,
  bootstraps: optional(
    has<BootstrapsReport>({
      step: isNumber,
      since: isTime,
      unserved: optional(listOf(isUnserved)),
    }),
  ),
  gateway: optional(isGateway),
  gatewaysLeft: optional(listOf(isGateway)),
  gatewayTrouble: optional(isFailure),
  released: optional(isBoolean),
  health: has<LeavesReport>({
    held: isNumber,
    waiting: isNumber,
    earliestExpiry: optional(isTime),
    failure: optional(isFailure),
  }),
});

/** The report in `text`; undefined when there is none, or when it is not what formatReport writes. Never throws. */
export function parseReport(text: string | undefined): CertificateReport | undefined {
  return parseGuarded(text, isReport);
}

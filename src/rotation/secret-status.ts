import type { CertificateReport, FailureReport } from '../api/certificate-report.ts';
import type { RootRecord } from './records.ts';

/** A problem with a Secret that holds certificates of the mesh. Certificates in use keep working. */
export interface SecretFailure {
  readonly reason: 'CaSecretUnusable' | 'GatewaySecretNotKept';
  readonly message: string;
}

export interface SecretFacts {
  readonly signer: RootRecord | undefined;
  readonly report: CertificateReport | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** How long a temporary failure is not reported: the API server may be busy. */
export const secretPatienceMs = 30_000;
const passing: readonly string[] = ['api-unavailable', 'api-conflict', 'api-not-found'];

/** The gravest problem. A CA that exists only in memory comes first: it is lost with the last replica. Pure. */
export function describeSecrets(facts: SecretFacts): SecretFailure | undefined {
  return tellAuthority(facts) ?? tellGateway(facts) ?? tellLeft(facts);
}

function tellAuthority({ signer, report, now }: SecretFacts): SecretFailure | undefined {
  if (signer?.spec?.provider.kind !== 'builtIn') return undefined;
  const { trouble, fingerprint } = report?.roots[signer.name] ?? {};
  if (trouble === undefined || !lasts(trouble, now)) return undefined;
  const held =
    fingerprint === undefined
      ? 'Weft cannot issue certificates until this is fixed. Next: put the CA back into the Secret from a backup.'
      : 'The control plane signs with the CA that it holds in memory, which is lost when its pods restart. Next: put that CA back into the Secret from a backup, or delete the Secret, and the control plane writes it again.';
  return { reason: 'CaSecretUnusable', message: `${sentence(trouble)} ${held}` };
}

function tellGateway({ report, now }: SecretFacts): SecretFailure | undefined {
  const trouble = report?.gatewayTrouble;
  if (trouble === undefined || !lasts(trouble, now)) return undefined;
  const next =
    trouble.code === 'configuration-invalid'
      ? ''
      : ' Next: grant the rights in docs/switch-certificates.md.';
  const message = `The certificate of the ingress gateway is not written: ${sentence(trouble)}${next}`;
  return { reason: 'GatewaySecretNotKept', message };
}

function tellLeft({ report, now }: SecretFacts): SecretFailure | undefined {
  const stays = report?.gatewaysLeft?.find(({ trouble }) => trouble && lasts(trouble, now));
  if (stays?.trouble === undefined) return undefined;
  const { namespace, name, trouble } = stays;
  const message = `Secret ${namespace}/${name} of an earlier ingress gateway cannot be removed: ${sentence(trouble)} Next: give the control plane the right to, or delete it yourself.`;
  return { reason: 'GatewaySecretNotKept', message };
}

function lasts({ code, since }: FailureReport, now: number): boolean {
  return !passing.includes(code) || now - since >= secretPatienceMs;
}

function sentence({ code, message }: FailureReport): string {
  return `${message} (${code}).`;
}

/** When a failure with a Secret has lasted long enough to be reported, in ms since the epoch. */
export function secretsToldAt({ signer, report }: SecretFacts): readonly number[] {
  const failures = [
    signer && report?.roots[signer.name]?.trouble,
    report?.gatewayTrouble,
    ...(report?.gatewaysLeft ?? []).map(({ trouble }) => trouble),
  ];
  return failures.flatMap((trouble) =>
    trouble === undefined ? [] : [trouble.since + secretPatienceMs],
  );
}

import type { CertificatePlan } from '../../../src/api/certificate-plan.ts';
import type { ReplicaModel, SidecarModel } from './sidecar-model.ts';

// What a switch of roots promises, each as a function that says how it is broken, or nothing.
// `sidecars` are those that the switch may not go on without.

/** A step is one step, signers are trusted, what is trusted is pinned, and no stream loses its root. */
export function faultOfStep(
  from: CertificatePlan,
  to: CertificatePlan,
  { sidecars, pinned }: { sidecars: readonly SidecarModel[]; pinned: ReadonlySet<string> },
): string | undefined {
  const { trusted } = to;
  const on = sidecars.find(
    ({ replica, server }) => replica !== undefined && !trusted.includes(server ?? ''),
  );
  if (on !== undefined) return `${on.name} has a stream on a root that is dropped`;
  if (!trusted.every((name) => pinned.has(name))) return 'trusted, not pinned';
  if (!trusted.includes(to.signer) || !trusted.includes(to.serverSigner)) {
    return 'a signer is not trusted';
  }
  return to !== from && to.step !== from.step + 1 ? 'a step was lost' : undefined;
}

/** A step that is reported as complete is complete for all sidecars. */
export function faultOfEnd(
  trusted: readonly string[],
  sidecars: readonly SidecarModel[],
): string | undefined {
  const behind = sidecars.find(({ trust }) => trust !== undefined && trust !== trusted);
  return behind === undefined ? undefined : `${behind.name} does not have the last roots`;
}

/** Every sidecar takes every other's certificate. */
export function faultBetween(sidecars: readonly SidecarModel[]): string | undefined {
  for (const { name, trust } of sidecars) {
    if (trust === undefined) continue;
    const other = sidecars.find(({ leaf }) => leaf !== undefined && !trust.includes(leaf));
    if (other !== undefined) {
      return `${name} trusts ${trust.join()}, ${other.name} has a leaf by ${other.leaf}`;
    }
  }
  return undefined;
}

/** The webhooks' caller takes the certificate of every replica. */
export function faultOfWebhooks(
  trusted: readonly string[],
  replicas: readonly ReplicaModel[],
): string | undefined {
  const refused = replicas.find(({ plan }) => !trusted.includes(plan.serverSigner));
  return refused && `the webhooks do not trust ${refused.plan.serverSigner}`;
}

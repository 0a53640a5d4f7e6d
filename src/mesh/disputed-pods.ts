// Input: the address disputes of a namespace. Output: a diagnostic on each pod that loses an address.
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { Dispute } from './address-claims.ts';
import { refuse } from '../cluster/diagnose.ts';
import { isTerminating } from './pod-state.ts';

export function disputedPods(
  namespace: string,
  disputes: ReadonlyMap<string, Dispute>,
): readonly Diagnostic[] {
  return [...disputes].flatMap(([address, { reason, losers, reported }]) =>
    [...losers]
      .filter((pod) => reported && pod.metadata.namespace === namespace && !isTerminating(pod))
      .map((pod) => refuse(pod, 'pod-address-disputed', message(address, reason))),
  );
}

function message(address: string, reason: string): string {
  return `address ${address} in its status ${reason}, so Weft routes no calls for this address to the pod: check which clients wrote the status of these pods (kubectl get pod -o yaml --show-managed-fields), delete each pod whose status was not written by a kubelet, and revoke the right to write pods/status`;
}

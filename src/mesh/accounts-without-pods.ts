// Input: a TrafficTarget and the pods of the whole cluster. Output: a warning for each ServiceAccount that the target
// names and no unfinished pod runs as. Rule: this need not be a mistake, since a Deployment may be scaled to zero, so
// nothing is left out for it.
import { onceFor } from '../common/once-for.ts';
import type { Pod } from '../api/core.ts';
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { ByName, ClusterSnapshot } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { identityKey, type IdentityKey } from '../policy/identity.ts';
import { warn } from '../cluster/diagnose.ts';
import { isFinished } from './pod-state.ts';
import { accountOf } from './services.ts';
import { readTrafficTarget } from '../smi/traffic-target/read.ts';

export interface AccountsWithoutPods {
  /** Whether the destination has no pod: then the target opens nothing. */
  readonly destination: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

type Namespaces = ClusterSnapshot['namespaces'];

const accountsIn = onceFor(
  (pods: ByName<Pod>): ReadonlySet<IdentityKey> =>
    new Set([...pods.values()].filter((pod) => !isFinished(pod)).map(accountOf)),
);

function hasPod(namespaces: Namespaces, namespace: string, serviceAccount: string): boolean {
  const pods = namespaces.get(namespace)?.Pod;
  return pods !== undefined && accountsIn(pods).has(identityKey({ namespace, serviceAccount }));
}

export function accountsWithoutPods(
  object: TrafficTarget,
  namespaces: Namespaces,
): AccountsWithoutPods {
  // The accounts of a target that cannot be read are not known; another diagnostic says that already.
  if (readTrafficTarget(object).parties === undefined) {
    return { destination: false, diagnostics: [] };
  }
  const { metadata, spec } = object;
  const { namespace: own = '' } = metadata;
  const absent = (namespace: string, { name }: { readonly name: string }): string | undefined =>
    hasPod(namespaces, namespace, name)
      ? undefined
      : `no pod of ${namespace} runs as ServiceAccount ${name}`;
  const warnOf = (problem: string): Diagnostic =>
    warn(object, 'target-without-pods', `${problem}; correct the name, or create such pods`);
  const destination = absent(own, spec.destination);
  const sources = spec.sources.flatMap((source, index) => {
    const { kind, namespace = '' } = source;
    if (kind !== 'ServiceAccount' || namespace === '') return [];
    const why = absent(namespace, source);
    return why === undefined
      ? []
      : [warnOf(`spec.sources[${index}]: ${why}, so this source allows no traffic`)];
  });
  return {
    destination: destination !== undefined,
    diagnostics: [
      ...(destination === undefined
        ? []
        : [warnOf(`spec.destination: ${destination}, so this TrafficTarget allows no traffic`)]),
      ...sources,
    ],
  };
}

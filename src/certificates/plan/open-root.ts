import {
  controlPlaneName,
  intermediateSecretOf,
  madeByControlPlane,
} from '../../api/control-plane-names.ts';
import type { ObjectMeta } from '../../api/core.ts';
import type { MeshRootCertificate } from '../../api/gen/mesh-root-certificate.ts';
import { apiVersionOf, kinds } from '../../api/kinds.ts';
import { openIssuer } from './open-issuer.ts';
import type { OpenIssuer } from './open-roots.ts';
import type { ApiConnection } from '../../kubernetes/connect.ts';
import type { ReflectorDeps } from '../../kubernetes/reflector-options.ts';
import type { ObjectStore } from '../../kubernetes/store.ts';
import { requestToken } from '../../kubernetes/token-request.ts';

export interface OpenRootDeps extends ReflectorDeps {
  readonly client: ApiConnection;
  readonly namespace: string;
  /** The records of the mesh's roots. */
  readonly records: Pick<ObjectStore<MeshRootCertificate>, 'objects'>;
  /** This replica's pod: tokens for Vault end with it. */
  readonly pod: string;
  /** The allowed addresses of Vault; empty allows any. */
  readonly vaultAddresses: readonly string[];
}

const labels = {
  [madeByControlPlane.label]: madeByControlPlane.value,
  'app.kubernetes.io/part-of': 'weft',
};

/** Metadata for objects that are made for a root. The root's record owns them, so their keys are deleted with it. */
function metadataFor(
  record: MeshRootCertificate | undefined,
): Pick<ObjectMeta, 'labels' | 'ownerReferences'> {
  if (record?.metadata.uid === undefined) return { labels };
  const { name, uid } = record.metadata;
  const of = kinds.meshRootCertificate;
  return { labels, ownerReferences: [{ apiVersion: apiVersionOf(of), kind: of.kind, name, uid }] };
}

/** Opens the issuer behind a root; what it makes is labelled as the control plane's. */
export function openRoot(deps: OpenRootDeps): OpenIssuer {
  const { client, namespace, pod, vaultAddresses, records, clock, random, log } = deps;
  const account = { namespace, name: controlPlaneName, pod };
  return ({ name, root, pinned }) =>
    openIssuer(root, {
      api: client,
      namespace,
      intermediateSecret: intermediateSecretOf(name),
      metadata: metadataFor(records.objects.get(`${namespace}/${name}`)),
      vaultAddresses,
      requestToken: (audience, signal) => requestToken(client, { ...account, audience }, signal),
      pinnedRoots: pinned,
      clock,
      random,
      logger: log,
    });
}

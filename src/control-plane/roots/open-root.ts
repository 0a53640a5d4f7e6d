import {
  controlPlaneName,
  intermediateSecretOf,
  madeByControlPlane,
} from '../../api/control-plane-names.ts';
import { openIssuer } from '../../certificates/open-issuer.ts';
import type { OpenIssuer } from '../../certificates/open-roots.ts';
import type { ApiConnection } from '../../kubernetes/connect.ts';
import type { ReflectorDeps } from '../../kubernetes/reflector.ts';
import { requestToken } from '../../kubernetes/token-request.ts';

export interface OpenRootDeps extends ReflectorDeps {
  readonly client: ApiConnection;
  readonly namespace: string;
}

const metadata = {
  labels: {
    [madeByControlPlane.label]: madeByControlPlane.value,
    'app.kubernetes.io/part-of': 'weft',
  },
};

/** Opens the issuer behind a root; what it makes is labelled as the control plane's. */
export function openRoot({ client, namespace, clock, random, log }: OpenRootDeps): OpenIssuer {
  const account = { namespace, name: controlPlaneName };
  return ({ name, root, pinned }) =>
    openIssuer(root, {
      api: client,
      namespace,
      intermediateSecret: intermediateSecretOf(name),
      metadata,
      requestToken: (audience, signal) => requestToken(client, { ...account, audience }, signal),
      pinnedRoots: pinned,
      clock,
      random,
      logger: log,
    });
}

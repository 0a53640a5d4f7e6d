import type { SecretObject } from '../api/core.ts';
import { madeByControlPlane } from '../api/control-plane-names.ts';
import { kinds } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import type { OpenIssuer } from '../certificates/open-roots.ts';
import { BuiltInIssuer } from '../certificates/providers/built-in.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import { reflect, type ReflectorDeps } from '../kubernetes/reflector.ts';

export interface OpenRootDeps extends ReflectorDeps {
  readonly client: ApiConnection;
  readonly namespace: string;
}

/** Opens the issuer behind a root, with the Secret that keeps its authority, watched while it runs. */
export function openRoot(deps: OpenRootDeps): OpenIssuer {
  const { client, namespace, clock, random, log: logger } = deps;
  return ({ root }) => {
    const { provider } = root;
    if (provider.kind !== 'builtIn') throw new WeftError('internal', 'not merged yet');
    const only = { namespace, fieldSelector: `metadata.name=${provider.secretName}` };
    const secrets = reflect<SecretObject>(client, kinds.secret, only, deps);
    const metadata = {
      labels: {
        [madeByControlPlane.label]: madeByControlPlane.value,
        'app.kubernetes.io/part-of': 'weft',
      },
    };
    const life = { clock, random, logger };
    const { secretName } = provider;
    const issuer = new BuiltInIssuer({
      api: client,
      secrets,
      namespace,
      secretName,
      metadata,
      ...life,
    });
    return {
      issue: (request, signal) => issuer.issue(request, signal),
      authority: () => issuer.authority(),
      onChange: (callback) => issuer.onChange(callback),
      trouble: () => issuer.trouble(),
      run: async (signal) => {
        await Promise.all([secrets.run(signal), issuer.run(signal)]);
      },
    };
  };
}

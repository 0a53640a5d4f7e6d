import type { OwnerReference, SecretObject } from '../../api/core.ts';
import { madeByControlPlane } from '../../api/control-plane-names.ts';
import type { MeshConfig } from '../../api/gen/mesh-config.ts';
import type { ServerIdentity } from '../leaves/server-certificate.ts';

/** The MeshConfig's settings for an ingress gateway's certificate. */
export type Gateway = NonNullable<NonNullable<MeshConfig['spec']['certificate']>['ingressGateway']>;

/** The Secret as an ingress gateway reads it: tls.crt, tls.key and ca.crt. Pure. */
export function gatewaySecret(
  { secret }: Gateway,
  identity: ServerIdentity,
  ownerReferences: readonly OwnerReference[],
): SecretObject {
  const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secret.name,
      namespace: secret.namespace,
      labels: { [madeByControlPlane.label]: madeByControlPlane.value },
      ownerReferences,
    },
    type: 'kubernetes.io/tls',
    data: {
      'tls.crt': encode(identity.certChainPem),
      'tls.key': encode(identity.keyPem.reveal()),
      'ca.crt': encode(identity.caPem),
    },
  };
}

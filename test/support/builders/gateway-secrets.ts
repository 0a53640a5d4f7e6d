import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';

type Provider = NonNullable<NonNullable<MeshConfig['spec']['certificate']>['provider']>;

interface GatewayCase {
  readonly place: { readonly name: string; readonly namespace: string };
  readonly provider?: Provider;
  /** What the message names beside the field; undefined when the place is fine. */
  readonly refused?: string;
}

const vault: Provider = {
  kind: 'vault',
  vault: {
    address: 'https://v',
    role: 'r',
    caBundleSecretRef: { name: 'vault-ca' },
    auth: { tokenSecretRef: { name: 'vault-token' } },
  },
};
const ours: Provider = { kind: 'builtIn', builtIn: { caSecretRef: { name: 'ours' } } };
const here = (name: string): GatewayCase['place'] => ({ name, namespace: 'weft-system' });
const elsewhere = (name: string): GatewayCase['place'] => ({ name, namespace: 'ingress' });
const key = 'with the key of a root';

/** Places of a gateway's Secret in a MeshConfig of weft-system, right and wrong. */
export const gatewayCases: readonly GatewayCase[] = [
  { place: here('weft-ca'), refused: key },
  { place: here('weft-ca-2'), refused: key },
  { place: here('weft-intermediate-weft-root-1'), refused: key },
  { place: here('weft-intermediate-'), provider: vault },
  { place: here('weft-ca-bundle') },
  { place: here('weft-ca-2-old') },
  { place: here('my-weft-ca') },
  { place: elsewhere('weft-ca') },
  { place: here('ours'), provider: ours, refused: 'provider.builtIn.caSecretRef too' },
  { place: elsewhere('ours'), provider: ours },
  { place: here('ours') },
  { place: here('vault-ca'), provider: vault, refused: 'provider.vault.caBundleSecretRef too' },
  { place: here('vault-token'), provider: vault, refused: 'vault.auth.tokenSecretRef too' },
  { place: elsewhere('vault-token'), provider: vault },
  { place: here('vault-token') },
];

/** The spec of a MeshConfig with that gateway. */
export function gatewaySpec({ place, provider }: GatewayCase): MeshConfig['spec'] {
  return {
    certificate: {
      ingressGateway: {
        subjectAltNames: ['shop.example.com'],
        validityDuration: '24h',
        secret: place,
      },
      ...(provider && { provider }),
    },
  };
}

import type { Frozen } from '../common/freeze.ts';
import { caSecret, intermediateSecretOf } from './control-plane-names.ts';
import type { MeshConfig } from './gen/mesh-config.ts';

type Config = Frozen<Pick<MeshConfig, 'metadata' | 'spec'>>;

const remedy = 'choose another name, such as ingress-gateway-certificate';
const ofRoots = new RegExp(`^(${caSecret}(-[0-9]+)?|${intermediateSecretOf('.+')})$`);

/**
 * Why the ingress gateway's certificate cannot be written to the Secret that the MeshConfig names, and what to do;
 * undefined when it can. It would overwrite a root's key or Vault's token, which the mesh still needs.
 * config/admission/gateway-secret.yaml gives the same message to the user who applies the MeshConfig.
 */
export function problemOfGatewaySecret({ metadata, spec }: Config): string | undefined {
  const { ingressGateway, provider } = spec.certificate ?? {};
  const secret = ingressGateway?.secret;
  if (secret === undefined || secret.namespace !== metadata.namespace) return undefined;
  if (ofRoots.test(secret.name))
    return `"${secret.name}" is a Secret of the control plane, with the key of a root; ${remedy}`;
  const field = provider && fieldThatNames(secret.name, provider);
  if (field === undefined) return undefined;
  return `"${secret.name}" is the Secret of spec.certificate.provider.${field} too; ${remedy}`;
}

type Provider = NonNullable<NonNullable<Config['spec']['certificate']>['provider']>;

function fieldThatNames(name: string, { builtIn, vault }: Provider): string | undefined {
  const references = {
    'builtIn.caSecretRef': builtIn?.caSecretRef,
    'vault.caBundleSecretRef': vault?.caBundleSecretRef,
    'vault.auth.tokenSecretRef': vault?.auth?.tokenSecretRef,
  };
  return Object.entries(references).find(([, reference]) => reference?.name === name)?.[0];
}

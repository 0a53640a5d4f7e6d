import { create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import type { Secret } from '../../common/secret.ts';
import type { Origin } from '../../policy/origin.ts';
import { SecretSchema } from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import { SPIFFECertValidatorConfigSchema } from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config_pb.js';
import { type BuiltResource, builtResource } from './built-resource.ts';
import { trustSecret, workloadSecret } from './secret-source.ts';

/** The SDS resource with a workload's certificate chain (PEM, leaf first) and its key (PEM). */
export function workloadResource(
  chain: string,
  key: Secret<string>,
  origins: readonly Origin[] = [],
): BuiltResource<'secret'> {
  const message = create(SecretSchema, {
    name: workloadSecret,
    type: {
      case: 'tlsCertificate',
      value: { certificateChain: inline(chain), privateKey: inline(key.reveal()) },
    },
  });
  return builtResource('secret', message, origins);
}

/** A trust domain and the roots (PEM) that a peer's certificate of that domain must come from. */
export interface DomainRoots {
  readonly trustDomain: string;
  readonly roots: string;
}

/**
 * The SDS resource by which a proxy verifies its peers (docs/decisions/0061). A certificate counts if its root belongs
 * to the very trust domain that it names (SPIFFE X509-SVID §5); listeners and clusters add which identity it must have.
 * At least one domain is needed: Envoy accepts no empty list.
 */
export function trustResource(
  domains: readonly DomainRoots[],
  origins: readonly Origin[] = [],
): BuiltResource<'secret'> {
  const validator = any(SPIFFECertValidatorConfigSchema, {
    trustDomains: domains.map(({ trustDomain, roots }) => ({
      name: trustDomain,
      trustBundle: inline(roots),
    })),
  });
  const message = create(SecretSchema, {
    name: trustSecret,
    type: {
      case: 'validationContext',
      value: {
        customValidatorConfig: {
          name: 'envoy.tls.cert_validator.spiffe',
          typedConfig: validator,
        },
      },
    },
  });
  return builtResource('secret', message, origins);
}

function inline(text: string): { specifier: { case: 'inlineString'; value: string } } {
  return { specifier: { case: 'inlineString', value: text } };
}

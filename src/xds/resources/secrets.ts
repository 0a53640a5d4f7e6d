import { create } from '@bufbuild/protobuf';
import type { Secret } from '../../common/secret.ts';
import type { Origin } from '../../policy/origin.ts';
import { SecretSchema } from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import { resourceOf } from './resource-of.ts';
import type { Resource } from './resource.ts';
import { trustSecret, workloadSecret } from './secret-source.ts';

/** The SDS resource with a workload's certificate chain (PEM, leaf first) and its key (PEM). */
export function workloadResource(
  chain: string,
  key: Secret<string>,
  origins: readonly Origin[] = [],
): Resource {
  const message = create(SecretSchema, {
    name: workloadSecret,
    type: {
      case: 'tlsCertificate',
      value: { certificateChain: inline(chain), privateKey: inline(key.reveal()) },
    },
  });
  return resourceOf('secret', message, origins);
}

/** The SDS resource with the roots (PEM) by which a proxy judges its peers. */
export function trustResource(roots: string, origins: readonly Origin[] = []): Resource {
  const message = create(SecretSchema, {
    name: trustSecret,
    type: { case: 'validationContext', value: { trustedCa: inline(roots) } },
  });
  return resourceOf('secret', message, origins);
}

function inline(text: string): { specifier: { case: 'inlineString'; value: string } } {
  return { specifier: { case: 'inlineString', value: text } };
}

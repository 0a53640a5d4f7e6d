import { controlPlaneName } from '../../api/control-plane-names.ts';
import type { SecretObject } from '../../api/core.ts';
import { gatewayOf } from '../../api/labels.ts';

/** A Secret as the API server stores it, with the managers of its fields. */
export interface StoredSecret extends SecretObject {
  readonly metadata: SecretObject['metadata'] & {
    readonly managedFields?: readonly ManagedFields[];
  };
}

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/**
 * Whether the control plane of namespace `home` wrote this Secret for its ingress gateway, and so may overwrite or
 * delete it (docs/decisions/0116). The label says so: only a client that may write the Secret can have set it. A Secret
 * from before the label existed is recognised because this field manager applied its key; Weft applies no other Secret
 * with a key. Pure.
 */
export function isOfGateway({ metadata }: StoredSecret, home: string): boolean {
  const label = metadata.labels?.[gatewayOf];
  if (label !== undefined) return label === home;
  return (metadata.managedFields ?? []).some(
    ({ manager, operation, fieldsV1 }) =>
      manager === controlPlaneName && operation === 'Apply' && hasKey(fieldsV1?.['f:data']),
  );
}

function hasKey(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'f:tls.key' in data;
}

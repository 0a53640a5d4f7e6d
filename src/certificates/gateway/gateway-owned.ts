import { controlPlaneName } from '../../api/control-plane-names.ts';
import type { SecretObject } from '../../api/core.ts';
import { gatewayOf } from '../../api/labels.ts';

/** A Secret as the API server stores it, with who wrote which of its fields. */
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
 * Whether the control plane of that namespace wrote this Secret for its ingress gateway, so that it may write
 * it again or delete it. The label says so, which only who may write the Secret can have put there. One from
 * before there was a label is known by its key, which this field manager applied: nothing else of Weft's does
 * that with a Secret. Pure.
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

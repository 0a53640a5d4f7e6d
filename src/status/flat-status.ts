import { controlPlaneName } from '../api/control-plane-names.ts';
import { apiVersionOf } from '../api/kinds.ts';
import { fieldsOf, integer } from '../common/read.ts';
import { cutMessage, haveConditions, keptConditions } from './kept-condition.ts';
import { statusNumbers, statusTexts } from './policy-status.ts';
import type { StatusShape } from './status-shape.ts';
import type { KeptStatus } from './kept-status.ts';

/** The status stands in fields of `status` that are Weft's own, as the CRDs that Weft installs have them. */
export const flatStatus: StatusShape = {
  keep: ({ status }) => {
    const fields = fieldsOf(status);
    if (typeof fields['inForce'] !== 'string') return undefined;
    const kept: readonly (readonly [string, string | number | undefined])[] = [
      ...statusNumbers.map((name) => [name, integer(fields[name])] as const),
      ...statusTexts.map((name) => [name, cutMessage(fields[name])] as const),
    ].filter(([, value]) => value !== undefined);
    const conditions = keptConditions(fields['conditions']);
    return { ...(Object.fromEntries(kept) as KeptStatus), conditions };
  },

  isUpToDate: (wanted, current) =>
    [...statusNumbers, ...statusTexts].every((field) => wanted[field] === current[field]) &&
    haveConditions(wanted.conditions, current.conditions),

  write: async ({ client, kind, object }, status, signal) => {
    const { namespace, name } = object.metadata;
    const applied = {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      status,
    };
    await client.apply(
      kind,
      applied,
      { fieldManager: controlPlaneName, force: true, subresource: 'status' },
      signal,
    );
    return status;
  },
};

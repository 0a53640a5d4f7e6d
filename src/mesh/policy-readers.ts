import type { PolicyKind, PolicyTypes } from '../api/policy-kinds.ts';
import type { PolicyReader } from '../policy/policy-reader.ts';
import { smiReaders } from '../smi/readers.ts';

/** How each kind of policy is read, at admission and by the compiler (docs/decisions/0129). */
export const policyReaders = {
  ...smiReaders,
} satisfies { readonly [K in PolicyKind]: PolicyReader<PolicyTypes[K]> };

/** The result of reading an object of that kind. */
export type ReadingOf<K extends PolicyKind> = ReturnType<(typeof policyReaders)[K]['read']>;

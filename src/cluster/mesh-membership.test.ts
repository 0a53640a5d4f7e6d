import { describe, expect, it } from '@jest/globals';
import { membership } from '../../test/support/builders/make-mesh.ts';
import { makeNamespace } from '../../test/support/builders/make-object.ts';
import type { Namespace } from '../api/core.ts';
import { monitoredBy } from '../api/labels.ts';
import { isMember } from './mesh-membership.ts';

const rows: readonly (readonly [string, Namespace | undefined, boolean])[] = [
  ['a namespace with the label', makeNamespace('shop'), true],
  ['one of another mesh', makeNamespace('shop', { [monitoredBy]: 'other' }), false],
  ['one without the label', makeNamespace('shop', {}), false],
  ["the control plane's own", makeNamespace('weft-system'), false],
  ['one that does not exist', undefined, false],
];

describe('isMember', () => {
  for (const [name, namespace, member] of rows) {
    it(name, () => expect(isMember(namespace, membership)).toBe(member));
  }
});

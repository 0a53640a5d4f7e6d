import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { brokenCluster } from '../../test/support/attacks/odd-objects.ts';
import { attack, attackerHome, victims } from '../../test/support/attacks/two-namespaces.ts';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import type { KubernetesObject } from '../api/core.ts';
import { compileMesh } from './compile.ts';

/** Keys that a namespace defines and that another namespace could define, too. */
function sharedKeys(objects: readonly KubernetesObject[]): readonly string[] {
  const { namespaces } = compileMesh(makeSnapshot(objects), makeSettings()).memory;
  return [...namespaces].flatMap(([name, { input, ...made }]) => {
    const named = [
      ...made.services.result.keys(),
      ...made.endpoints.endpoints.keys(),
      ...made.splits.value.splits.keys(),
      ...made.inbound.rules.keys(),
    ];
    const uids = new Set([...input.Pod.values()].map(({ metadata }) => metadata.uid));
    return [
      ...named.filter((key) => !key.startsWith(`${name}/`)),
      ...[...made.inbound.workloads.keys()].filter((uid) => !uids.has(uid)),
    ];
  });
}

// A key that two namespaces define ends the compilation of the whole mesh. So no object may bring that about.
describe('what a namespace defines', () => {
  it('begins with its name, or is the uid of one of its pods, which the API server makes', () => {
    const twoNamespaces = attack.map((objects) => [...victims, ...attackerHome, ...objects]);
    fc.assert(
      fc.property(fc.oneof(brokenCluster, twoNamespaces), (objects) => {
        expect(sharedKeys(objects)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

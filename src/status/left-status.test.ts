import { describe, expect, it } from '@jest/globals';
import { makeNamespace } from '../../test/support/builders/make-object.ts';
import { makeTrafficTarget } from '../../test/support/builders/make-policy.ts';
import type { Condition, Namespace } from '../api/core.ts';
import { monitoredBy } from '../api/labels.ts';
import { leftStatus } from './left-status.ts';
import type { PolicyObject } from './kept-status.ts';

const since = { lastTransitionTime: '2026-01-01T00:00:00Z' };
const programmed: Condition = {
  ...{ type: 'Programmed', status: 'True', reason: 'Acknowledged' },
  ...{ message: '2 of 2 proxies acknowledged', ...since },
};
const inForce = { inForce: '2/2', acknowledged: 2, total: 2, rejected: 0 };

function makeTarget(status?: PolicyObject['status'], generation = 1): PolicyObject {
  const object = makeTrafficTarget({ generation });
  const { metadata, apiVersion, kind } = object;
  return { apiVersion, kind, metadata, ...(status === undefined ? {} : { status }) };
}

const ours = { observedGeneration: 1, ...inForce, conditions: [programmed] };
const left = makeNamespace('shop', {});

describe('the status of a policy whose namespace left the mesh', () => {
  it('says that it is not in force, why, and how to bring it back', () => {
    const status = leftStatus(makeTarget(ours), left, 'osm');
    expect(status).toMatchObject({ inForce: 'not in mesh', acknowledged: 0, total: 0 });
    const condition = status?.conditions.find(({ type }) => type === 'Programmed');
    expect(condition).toMatchObject({ status: 'False', reason: 'NamespaceNotInMesh' });
    expect(condition?.message).toContain(`kubectl label namespace shop ${monitoredBy}=osm`);
  });

  it('says no longer that every reference resolves', () => {
    const status = leftStatus(makeTarget(ours), left, 'osm');
    expect(status?.conditions[0]).toMatchObject({ type: 'Accepted', status: 'Unknown' });
  });

  it.each<[string, PolicyObject, Namespace | undefined]>([
    ['it never had one of ours', makeTarget(), left],
    [
      'another mesh has the namespace',
      makeTarget(ours),
      makeNamespace('shop', { [monitoredBy]: 'b' }),
    ],
    ['the namespace is not known', makeTarget(ours), undefined],
  ])('is not written when %s', (_what, object, namespace) => {
    expect(leftStatus(object, namespace, 'osm')).toBeUndefined();
  });

  it('keeps the message of the mesh that wrote it first, and follows the generation', () => {
    const first = leftStatus(makeTarget(ours), left, 'osm');
    const conditions = first?.conditions.map((one) => ({ ...one, ...since })) ?? [];
    const object = makeTarget({ ...inForce, ...first, conditions }, 2);
    const again = leftStatus(object, left, 'other');
    expect(again?.observedGeneration).toBe(2);
    expect(again?.conditions[1]?.message).toBe(first?.conditions[1]?.message);
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  makeChange,
  makeRemoval,
  makeSnapshot,
  membership,
} from '../../test/support/builders/make-mesh.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
} from '../../test/support/builders/make-object.ts';
import { applyChanges, emptySnapshot } from './snapshot.ts';

const objects = [
  makeNamespace('shop'),
  makeNamespace('bank'),
  makePod(),
  makeService(),
  makeEndpointSlice(),
  makeService({ namespace: 'bank', name: 'till' }),
];

describe('applyChanges', () => {
  it('keeps what a change does not touch as the very same object', () => {
    const before = makeSnapshot(objects);
    const after = applyChanges(before, [
      makeChange(makeEndpointSlice({ pods: { 'cart-2': '10.0.0.2' } })),
    ]);
    expect(after.namespaces.get('bank')).toBe(before.namespaces.get('bank'));
    const [was, is] = [before, after].map((one) => one.namespaces.get('shop')!);
    expect(is!.EndpointSlice).not.toBe(was!.EndpointSlice);
    expect({ ...is, EndpointSlice: 0 }).toEqual({ ...was, EndpointSlice: 0 });
    for (const kind of ['Namespace', 'Pod', 'Service', 'TrafficTarget'] as const) {
      expect(is![kind]).toBe(was![kind]);
    }
  });

  it('is the same snapshot when only a resource version changed', () => {
    const before = makeSnapshot(objects);
    const again = makePod();
    const newer = { ...again, metadata: { ...again.metadata, resourceVersion: '77' } };
    expect(applyChanges(before, [makeChange(newer)])).toBe(before);
  });

  it('sees a label that is named like a member of every object', () => {
    const before = makeSnapshot([makePod()]);
    const after = applyChanges(before, [makeChange(makePod({ labels: { constructor: 'x' } }))]);
    expect(after).not.toBe(before);
    expect(applyChanges(after, [makeChange(makePod())])).not.toBe(after);
  });

  it('lets the last of several changes count', () => {
    const pod = makePod();
    const after = applyChanges(makeSnapshot([]), [
      makeChange(pod),
      makeRemoval(pod),
      makeChange(makePod({ ip: '10.0.0.9' })),
    ]);
    expect(after.namespaces.get('shop')?.Pod.get('cart-1')?.status?.podIP).toBe('10.0.0.9');
  });

  it('forgets a namespace with its last object', () => {
    const after = applyChanges(makeSnapshot(objects), objects.map(makeRemoval));
    expect(after).toEqual(emptySnapshot(membership));
  });

  it('holds the objects of a namespace whose Namespace is unknown', () => {
    const after = makeSnapshot([makePod({ namespace: 'late' })]);
    expect(after.namespaces.get('late')?.Namespace).toBeUndefined();
    expect(after.namespaces.get('late')?.Pod.size).toBe(1);
  });
});

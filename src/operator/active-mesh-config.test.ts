import { describe, expect, it } from '@jest/globals';
import { makeMeshConfig } from '../../test/support/builders/make-mesh-config.ts';
import { refusalOf, activeMeshConfig } from './active-mesh-config.ts';

const old = makeMeshConfig({ name: 'old', creationTimestamp: '2026-01-01T00:00:00Z' });
const young = makeMeshConfig({ name: 'young', creationTimestamp: '2026-01-02T00:00:00Z' });
const elsewhere = makeMeshConfig({
  name: 'oldest',
  namespace: 'shop',
  creationTimestamp: '2025-01-01T00:00:00Z',
});

describe('the active MeshConfig', () => {
  it('is the oldest in the namespace of the operator', () => {
    expect(activeMeshConfig([elsewhere, young, old], 'weft-system')).toBe(old);
  });

  it('is the first by name of two of one second', () => {
    const twin = makeMeshConfig({ name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' });
    expect(activeMeshConfig([old, twin], 'weft-system')).toBe(twin);
  });

  it('is still the MeshConfig that is being deleted, so that two never overlap', () => {
    const leaving = makeMeshConfig({
      name: 'leaving',
      creationTimestamp: '2025-12-31T00:00:00Z',
      deletionTimestamp: '2026-01-03T00:00:00Z',
    });
    expect(activeMeshConfig([young, leaving], 'weft-system')).toBe(leaving);
  });

  it('is undefined where there is no MeshConfig', () => {
    expect(activeMeshConfig([elsewhere], 'weft-system')).toBeUndefined();
  });
});

describe('the reason why a MeshConfig is not active', () => {
  it('is that another MeshConfig is active', () => {
    expect(refusalOf(young, old, 'weft-system')).toEqual({
      kind: 'another-is-active',
      active: 'weft-system/old',
    });
  });

  it('is that it is in another namespace', () => {
    expect(refusalOf(elsewhere, undefined, 'weft-system')).toEqual({
      kind: 'wrong-namespace',
      namespace: 'weft-system',
    });
  });

  it('is absent for the active MeshConfig', () => {
    expect(refusalOf(old, old, 'weft-system')).toBeUndefined();
  });
});

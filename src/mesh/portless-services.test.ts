import { describe, expect, it } from '@jest/globals';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import { makeNamespace, makePod, makeService } from '../../test/support/builders/make-object.ts';
import type { Service } from '../api/core.ts';
import { compileMesh } from './compile.ts';

const pods = [makePod({ name: 'cart-0' }), makePod({ name: 'cart-1', ip: '10.0.0.2' })];
const headless = makeService({ clusterIP: 'None', ports: [] });

function messagesFor(...services: readonly Service[]): readonly string[] {
  const snapshot = makeSnapshot([makeNamespace(), ...pods, ...services]);
  const { diagnostics } = compileMesh(snapshot, makeSettings());
  return diagnostics.map(
    ({ severity, code, object, message }) => `${severity} ${code} ${object.name}: ${message}`,
  );
}

describe('a headless Service without ports', () => {
  it('notes that no caller can reach its pods, and what to do', () => {
    const [one, ...others] = messagesFor(headless);
    expect(others).toEqual([]);
    expect(one).toContain('note service-without-ports cart: the Service has no ports');
    expect(one).toContain('its pod cart-0');
    expect(one).toContain('list its ports in this Service or in another Service');
  });

  it.each<[string, readonly Service[]]>([
    ['another Service leads to its pods', [headless, makeService({ name: 'web', app: 'cart' })]],
    ['it has no pods', [makeService({ clusterIP: 'None', ports: [], app: 'nobody' })]],
    ['it has ports', [makeService({ clusterIP: 'None' })]],
    ['it is not headless', [makeService({ ports: [] })]],
  ])('is not spoken of when %s', (_what, services) => {
    expect(messagesFor(...services)).toEqual([]);
  });
});

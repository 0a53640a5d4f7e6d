import { describe, expect, it } from '@jest/globals';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeNamespace, makePod } from '../../test/support/builders/make-object.ts';
import { makeTrafficTarget, type TargetOptions } from '../../test/support/builders/make-policy.ts';
import type { Pod } from '../api/core.ts';
import { readTrafficTarget } from '../smi/traffic-target/read.ts';
import { accountsWithoutPods } from './accounts-without-pods.ts';

const pods = [
  makePod({ account: 'cart', sidecar: false }),
  makePod({ account: 'web' }),
  makePod({ account: 'web', namespace: 'front' }),
];
const { namespaces } = makeSnapshot([makeNamespace(), makeNamespace('front', {}), ...pods]);

function messagesFor(options: TargetOptions): readonly string[] {
  const { diagnostics } = accountsWithoutPods(makeTrafficTarget(options), namespaces);
  return diagnostics.map(({ message }) => message.slice(0, message.indexOf(',')));
}

const rows: readonly (readonly [string, TargetOptions, readonly string[]])[] = [
  ['says nothing where pods run as all of them', { from: ['shop/web', 'front/web'] }, []],
  [
    'names a destination',
    { to: 'npp' },
    ['spec.destination: no pod of shop runs as ServiceAccount npp'],
  ],
  [
    'names each source, by its namespace',
    { from: ['shop/web', 'front/cart', 'nowhere/web'] },
    [
      'spec.sources[1]: no pod of front runs as ServiceAccount cart',
      'spec.sources[2]: no pod of nowhere runs as ServiceAccount web',
    ],
  ],
  ['leaves a target that cannot be read to others', { to: 'npp', from: [] }, []],
];

describe('ServiceAccounts of a TrafficTarget that no pod runs as', () => {
  it.each(rows)('%s', (_title, options, expected) => {
    expect(messagesFor(options)).toEqual(expected);
  });

  it('counts no pod that finished', () => {
    const evicted = makePod({ account: 'old' });
    const failed: Pod = { ...evicted, status: { ...evicted.status, phase: 'Failed' } };
    const { namespaces: left } = makeSnapshot([makeNamespace(), failed]);
    expect(accountsWithoutPods(makeTrafficTarget({ to: 'old' }), left).destination).toBe(true);
  });

  it('shows whether the destination is among them', () => {
    const of = (to: string): boolean =>
      accountsWithoutPods(makeTrafficTarget({ to }), namespaces).destination;
    expect([of('cart'), of('npp')]).toEqual([false, true]);
  });

  it('are looked for by the reading that the compiler made', () => {
    const object = makeTrafficTarget({ to: 'npp' });
    const compiled = readTrafficTarget(object);
    accountsWithoutPods(object, namespaces);
    expect(readTrafficTarget(object)).toBe(compiled);
  });

  it('warns and leaves nothing out', () => {
    const { diagnostics } = accountsWithoutPods(makeTrafficTarget({ to: 'npp' }), namespaces);
    expect(diagnostics[0]).toMatchObject({ code: 'target-without-pods', severity: 'warning' });
  });
});

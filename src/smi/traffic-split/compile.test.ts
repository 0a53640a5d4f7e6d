import { describe, expect, it } from '@jest/globals';
import { makeSnapshot } from '../../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../../test/support/builders/make-settings.ts';
import { makeNamespace, makeService } from '../../../test/support/builders/make-object.ts';
import { makeTrafficSplit, type SplitOptions } from '../../../test/support/builders/make-policy.ts';
import type { KubernetesObject } from '../../api/core.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import { compileMesh } from '../../mesh/compile.ts';

const services = [
  makeService({ name: 'cart', ports: [{ port: 80 }, { port: 90, name: 'tcp-x' }] }),
  makeService({ name: 'v1', ports: [{ port: 90 }, { port: 80, targetPort: 8081 }] }),
  makeService({ name: 'v2', ports: [{ port: 80 }] }),
];

interface Outcome {
  /** `<service>=<weight>@<ports>` by apex. */
  readonly splits: Readonly<Record<string, readonly string[]>>;
  readonly codes: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

function compile(...objects: readonly KubernetesObject[]): Outcome {
  const snapshot = makeSnapshot([makeNamespace(), ...services, ...objects]);
  const { model, diagnostics: all } = compileMesh(snapshot, makeSettings());
  // No service here has pods: empty-backends.test.ts is about that.
  const diagnostics = all.filter(({ code }) => code !== 'split-backend-empty');
  const splits = [...model.splits].map(([apex, split]) => [
    apex,
    split.backends.map((one) => `${one.service}=${one.weight}@${one.ports.join()}`),
  ]);
  return {
    splits: Object.fromEntries(splits) as Outcome['splits'],
    codes: diagnostics.map(({ code, object }) => `${code} ${object.name}`),
    diagnostics,
  };
}

const both = { v1: 90, v2: 10 };
const compileSplit = (options: SplitOptions) => compile(makeTrafficSplit(options));

describe('a split', () => {
  it('sends to a backend only on ports that it shares with the apex, by number', () => {
    expect(compileSplit({ backends: both })).toMatchObject({
      splits: { 'shop/cart': ['shop/v1=90@80,90', 'shop/v2=10@80'] },
      codes: ['split-backend-port-missing split'],
    });
  });

  for (const apex of ['cart', 'cart.shop', 'cart.shop.svc', 'cart.shop.svc.cluster.local']) {
    it(`finds its apex by ${apex}`, () => {
      expect(Object.keys(compileSplit({ apex, backends: { [apex]: 1 } }).splits)).toEqual([
        'shop/cart',
      ]);
    });
  }

  const refused: readonly (readonly [string, SplitOptions, string])[] = [
    ['an apex in another namespace', { apex: 'cart.bank' }, 'object-malformed'],
    ['an apex under another domain', { apex: 'cart.shop.svc.other' }, 'object-malformed'],
    ['a backend in another namespace', { backends: { 'v1.bank': 1 } }, 'object-malformed'],
    ['a name that is none', { apex: 'Cart!' }, 'object-malformed'],
    ['only zeros', { backends: { v1: 0, v2: 0 } }, 'split-without-weight'],
    ['no backends', { backends: {} }, 'split-without-weight'],
    ['a sum that fits no 32 bits', { backends: { v1: 2 ** 32 - 1, v2: 1 } }, 'object-malformed'],
    ['half a weight', { backends: { v1: 0.5 } }, 'object-malformed'],
    ['a negative weight', { backends: { v1: -1, v2: 2 } }, 'object-malformed'],
    ['matches', { matches: [{ kind: 'HTTPRouteGroup', name: 'x' }] }, 'split-matches-unsupported'],
  ];
  for (const [name, options, code] of refused) {
    it(`is left out for ${name}`, () => {
      const { splits, codes, diagnostics } = compileSplit({ backends: both, ...options });
      expect({ splits, codes }).toEqual({ splits: {}, codes: [`${code} split`] });
      expect(diagnostics[0]?.severity).toBe('error');
    });
  }

  it('takes an empty list of matches for none', () => {
    expect(Object.keys(compileSplit({ backends: both, matches: [] }).splits)).toEqual([
      'shop/cart',
    ]);
  });

  it('waits for services that are not there yet', () => {
    expect(compileSplit({ backends: { v1: 1, v3: 0 } })).toMatchObject({
      splits: { 'shop/cart': ['shop/v1=1@80,90', 'shop/v3=0@'] },
      codes: ['split-backend-missing split'],
    });
    expect(compileSplit({ apex: 'later', backends: { v1: 1 } })).toMatchObject({
      splits: { 'shop/later': ['shop/v1=1@'] },
      codes: ['split-apex-missing split'],
    });
  });

  it('may have its apex as backend, and a backend twice', () => {
    const split = makeTrafficSplit({ backends: {} });
    const backends = [
      { service: 'cart', weight: 1 },
      { service: 'v1', weight: 2 },
      { service: 'v1.shop', weight: 3 },
    ];
    expect(
      compile({ ...split, spec: { ...split.spec, backends } } as KubernetesObject),
    ).toMatchObject({
      splits: { 'shop/cart': ['shop/cart=1@80,90', 'shop/v1=5@80,90'] },
      codes: [],
    });
  });
});

describe('several splits of one apex', () => {
  const split = (name: string, day: number, backends: Readonly<Record<string, number>>) =>
    makeTrafficSplit({ name, backends, creationTimestamp: `2026-01-0${day}T00:00:00Z` });

  it('are ruled by the oldest, then by the first name', () => {
    const outcome = compile(
      split('c', 2, { v1: 3 }),
      split('b', 1, { v1: 2 }),
      split('a', 2, { v1: 1 }),
      split('z', 1, { v1: 4 }),
    );
    expect(outcome.splits).toEqual({ 'shop/cart': ['shop/v1=2@80,90'] });
    expect(outcome.codes).toEqual(['split-conflict a', 'split-conflict c', 'split-conflict z']);
    expect(outcome.diagnostics[0]?.message).toContain('TrafficSplit b');
  });

  it('do not count splits that are left out', () => {
    const outcome = compile(split('old', 1, { v1: 0 }), split('new', 2, { v1: 1 }));
    expect(outcome.codes).toEqual(['split-without-weight old']);
    expect(outcome.splits).toEqual({ 'shop/cart': ['shop/v1=1@80,90'] });
  });
});

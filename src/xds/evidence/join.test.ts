import { describe, expect, it } from '@jest/globals';
import { makeOrigin } from '../../../test/support/resources/resource-sets.ts';
import { originKey } from '../../policy/origin.ts';
import {
  applyChange,
  changeBetween,
  decodeChange,
  encodeChange,
  noEvidence,
} from './evidence-wire.ts';
import type { Evidence, ObjectEvidence } from './evidence.ts';
import { joinEvidence } from './join.ts';

function makeObject(name: string, more: Partial<ObjectEvidence> = {}): ObjectEvidence {
  return {
    origin: makeOrigin(name),
    total: 2,
    acknowledged: 2,
    rejected: 0,
    rejections: [],
    waiting: [],
    ...more,
  };
}

function makeEvidence(...objects: readonly ObjectEvidence[]): Evidence {
  const entries = objects.map((object) => [originKey(object.origin), object] as const);
  return { ...noEvidence, ...withPods('a', 'b', 'c'), step: 4, objects: new Map(entries) };
}

/** Three proxies, or so, of which the first is in sync, and the last refused something. */
function withPods(
  ...names: readonly string[]
): Pick<
  Evidence,
  'connected' | 'synced' | 'rejected' | 'streams' | 'behind' | 'refusing' | 'late'
> {
  const last = names.at(-1) ?? '';
  return {
    connected: names.length,
    synced: names.length - 1,
    rejected: 1,
    streams: new Map(names.map((name) => [name, { pod: `shop/${name}`, opened: 1 }])),
    behind: new Set([last]),
    refusing: new Set([last]),
    late: new Set([last]),
  };
}

const cart = originKey(makeOrigin('cart'));
const rejection = (pod: string) => ({ pod, resource: 'l', message: 'no' });

describe('evidence of several replicas', () => {
  it('adds up', () => {
    const joined = joinEvidence([
      makeEvidence(makeObject('cart')),
      { ...makeEvidence(makeObject('cart')), ...withPods('d', 'e', 'f') },
    ]);
    expect(joined).toMatchObject({ complete: true, connected: 6, synced: 4, rejected: 2 });
    expect(joined.objects.get(cart)).toMatchObject({ total: 4, acknowledged: 4 });
  });

  it('case H: counts a pod once, by its newest stream, though another replica still counts it', () => {
    const older = makeEvidence(makeObject('cart'));
    const streams = new Map([['c', { pod: 'shop/c', opened: 2 }]]);
    const newer = { ...noEvidence, connected: 1, synced: 1, streams };
    for (const [replicas, replica] of [
      [[older, newer], 0],
      [[newer, older], 1],
    ] as const) {
      const joined = joinEvidence(replicas);
      expect(joined).toMatchObject({ connected: 3, synced: 3, rejected: 0 });
      expect(joined.outdated).toEqual([{ uid: 'c', opened: 1, replica }]);
    }
  });

  it('is of the lowest step, and names the pods that still wait', () => {
    const [first, second] = [
      makeEvidence(makeObject('cart', { acknowledged: 1, waiting: ['shop/c'] })),
      makeEvidence(makeObject('cart', { acknowledged: 0, waiting: ['shop/a', 'shop/d'] })),
    ];
    const joined = joinEvidence([first, { ...second, step: 3, ...withPods('d') }]);
    expect(joined.step).toBe(3);
    expect([...joined.streams.values()].map(({ pod }) => pod).sort()).toEqual([
      'shop/a',
      'shop/b',
      'shop/c',
      'shop/d',
    ]);
    expect(joined.objects.get(cart)?.waiting).toEqual(['shop/a', 'shop/c', 'shop/d']);
  });

  it('is incomplete when a replica cannot be reached', () => {
    const joined = joinEvidence([makeEvidence(makeObject('cart')), undefined]);
    expect(joined).toMatchObject({ complete: false, connected: 3 });
    expect(joinEvidence([])).toMatchObject({ complete: true, connected: 0 });
  });

  it('counts proxies of a replica that has an older generation, but none as in force', () => {
    const newer = makeObject('cart', { origin: makeOrigin('cart', 2) });
    const older = makeObject('cart', { rejected: 1, rejections: [rejection('shop/old')] });
    for (const replicas of [
      [newer, older],
      [older, newer],
    ])
      expect(
        joinEvidence(replicas.map((object) => makeEvidence(object))).objects.get(cart),
      ).toMatchObject({
        origin: { generation: 2 },
        total: 4,
        acknowledged: 2,
        rejected: 0,
        rejections: [],
      });
  });

  it('shows at most ten refusals, by pod name, and counts all', () => {
    const seven = (prefix: string): ObjectEvidence =>
      makeObject('cart', {
        rejected: 7,
        rejections: Array.from({ length: 7 }, (_, index) => rejection(`${prefix}-${index}`)),
      });
    const joined = joinEvidence([makeEvidence(seven('b')), makeEvidence(seven('a'))]);
    const pods = joined.objects.get(cart)?.rejections.map(({ pod }) => pod);
    expect(pods).toHaveLength(10);
    expect(pods?.slice(0, 8)).toEqual(['a-0', 'a-1', 'a-2', 'a-3', 'a-4', 'a-5', 'a-6', 'b-0']);
    expect(joined.objects.get(cart)?.rejected).toBe(14);
  });
});

describe('a change of evidence', () => {
  const before = makeEvidence(makeObject('cart'), makeObject('till'), makeObject('gone'));
  const after = {
    ...makeEvidence(
      makeObject('cart', { acknowledged: 1, rejected: 1, rejections: [rejection('shop/a')] }),
      makeObject('till'),
      makeObject('new'),
    ),
    synced: 1,
  };

  it('carries just what changed and leads to the same state', () => {
    const change = changeBetween(before, after);
    expect(change?.objects.map(([key]) => key)).toEqual([cart, originKey(makeOrigin('new'))]);
    expect(change?.gone).toEqual([originKey(makeOrigin('gone'))]);
    expect(applyChange(before, decodeChange(encodeChange(change!)))).toEqual(after);
  });

  it('is none between equal states', () => {
    const again = makeEvidence(makeObject('cart'), makeObject('till'), makeObject('gone'));
    expect(changeBetween(before, again)).toBeUndefined();
    expect(changeBetween(noEvidence, noEvidence)).toBeUndefined();
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '7'],
    ['without counts', '{}'],
    [
      'with an object of another shape',
      '{"connected":1,"synced":1,"rejected":0,"objects":[["a",{}]],"gone":[]}',
    ],
  ])('is refused when it is %s', (_, text) => {
    expect(() => decodeChange(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'protocol-violation' }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { wanted, written } from '../../test/support/builders/status-story.ts';
import { controllerName } from '../api/control-plane-names.ts';
import type { KubernetesObject } from '../api/core.ts';
import { ancestorsStatus, parentsStatus } from './per-parent-status.ts';
import { maxMessageLength } from './policy-status.ts';

const { conditions } = written;

function makeRoute(parentRefs: unknown): KubernetesObject {
  const object = {
    ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
    ...{ metadata: { namespace: 'shop', name: 'cart' }, spec: { parentRefs } },
  };
  return object;
}

function makeEntry(name: string, more: object = {}): object {
  return { parentRef: { kind: 'Service', name }, controllerName, conditions, ...more };
}

function isUpToDate(parentRefs: unknown, parents: unknown): boolean {
  const kept = parentsStatus.keep({ status: { parents } }) ?? {};
  return parentsStatus.isUpToDate(wanted, kept, makeRoute(parentRefs));
}

describe('a status with an entry for each parent', () => {
  const refs = [
    { kind: 'Service', name: 'a' },
    { name: 'b', kind: 'Service' },
  ];
  const both = [makeEntry('a'), makeEntry('b')];

  it('is up to date with an entry of Weft for each parent, whatever others wrote', () => {
    expect(isUpToDate(refs, both)).toBe(true);
    const foreign = makeEntry('c', { controllerName: 'example.com/other' });
    expect(isUpToDate(refs, [foreign, ...both])).toBe(true);
    expect(isUpToDate([], [foreign])).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['an entry is missing', refs, [makeEntry('a')]],
    ['an entry names a parent that the spec no longer has', [refs[0]], both],
    ['one entry says another thing', refs, [makeEntry('a'), makeEntry('b', { conditions: [] })]],
    ['another controller has the entry', [refs[0]], [makeEntry('a', { controllerName: 'x/y' })]],
    ['the status holds anything', refs, 'none'],
    ['the entries hold anything', refs, [null, 7, { controllerName }]],
  ])('is written when %s', (_what, parentRefs, parents) => {
    expect(isUpToDate(parentRefs, parents)).toBe(false);
  });

  it('is kept in bounded size', () => {
    const long = 'x'.repeat(100_000);
    const huge = conditions.map((condition) => ({ ...condition, message: long }));
    const entries = Array.from({ length: 500 }, (_, at) =>
      makeEntry(`${String(at)}${long}`, { conditions: huge }),
    );
    const kept = parentsStatus.keep({ status: { parents: entries } });
    expect(kept?.conditions?.[0]?.message).toHaveLength(maxMessageLength + 1);
    expect(JSON.stringify(kept).length).toBeLessThan(33 * 3_000);
  });

  it('has the list and the references of the kind', () => {
    const ancestors = [{ ancestorRef: { name: 'a' }, controllerName, conditions }];
    const object = makeRoute([]);
    const attached = { ...object, spec: { targetRefs: [{ name: 'a' }] } };
    const kept = ancestorsStatus.keep({ status: { ancestors } });
    expect(ancestorsStatus.isUpToDate(wanted, kept ?? {}, attached)).toBe(true);
    expect(parentsStatus.keep({ status: { ancestors } })).toBeUndefined();
  });
});

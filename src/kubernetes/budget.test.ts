import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NamespaceBudget, type Verdict, type Weighed } from './budget.ts';

const limits = { ofObject: 50, ofNamespace: 100, count: 8 };

function make(): { budget: NamespaceBudget; applied: Map<string, Verdict>; relists: () => number } {
  const budget = new NamespaceBudget(limits);
  const applied = new Map<string, Verdict>();
  let relists = 0;
  budget.attach('A', {
    applyVerdict: (key, verdict) => applied.set(key, verdict),
    relist: () => (relists += 1),
  });
  return { budget, applied, relists: () => relists };
}

/** A budget, and the verdicts that a holder of its objects knows after each step. */
function makeHolder() {
  const { budget, applied: verdicts } = make();
  return {
    verdicts,
    enter: (weighed: Weighed) => {
      verdicts.set(weighed.key, budget.enter(weighed));
      budget.settle();
    },
    leave: (key: string) => {
      verdicts.delete(key);
      budget.leave('A', key);
      budget.settle();
    },
  };
}

/** Named by its age. */
const object = (name: string, weight: number, namespace = 'n'): Weighed => ({
  ...{ kind: 'A', key: `${namespace}/${name}`, namespace, created: name, weight },
});

describe('NamespaceBudget', () => {
  it('keeps what has room, in each namespace', () => {
    const { budget } = make();
    expect(budget.enter(object('a', 50))).toBe('kept');
    expect(budget.enter(object('b', 40))).toBe('kept');
    expect(budget.enter(object('c', 11))).toBe('small');
    expect(budget.enter(object('d', 10))).toBe('kept');
    expect(budget.enter(object('a', 50, 'other'))).toBe('kept');
  });

  it('leaves out an object that is too heavy alone, and takes no room from others for it', () => {
    const { budget, applied } = make();
    expect(budget.enter(object('a', 51))).toBe('small');
    expect(budget.enter(object('b', 50))).toBe('kept');
    expect(budget.enter(object('c', 50))).toBe('kept');
    expect(budget.enter(object('a', 5))).toBe('kept');
    budget.settle();
    expect([...applied]).toEqual([['n/c', 'small']]);
  });

  it('reports the objects that have room again', () => {
    const { budget, applied } = make();
    const verdicts = ['a', 'b', 'c'].map((one) => budget.enter(object(one, 40)));
    expect(verdicts).toEqual(['kept', 'kept', 'small']);
    budget.leave('A', 'n/a');
    expect(applied.size).toBe(0);
    budget.settle();
    expect([...applied]).toEqual([['n/c', 'kept']]);
  });

  it('reports the objects that an older object leaves no room for', () => {
    const { budget, applied } = make();
    budget.enter(object('b', 40));
    budget.enter(object('c', 40));
    budget.enter(object('a', 40));
    budget.settle();
    expect([...applied]).toEqual([['n/c', 'small']]);
  });

  it('knows the oldest ones alone, and has them listed again when there is room for more', () => {
    const { budget, applied, relists } = make();
    for (let at = 0; at < limits.count; at += 1) budget.enter(object(`b${at}`, 1));
    expect(budget.enter(object('c', 1))).toBe('unknown');
    expect(budget.enter(object('a', 1))).toBe('kept');
    budget.settle();
    expect([...applied]).toEqual([['n/b7', 'unknown']]);
    budget.leave('A', 'n/b0');
    expect(relists()).toBe(1);
  });

  it('forgets what a list does not have', () => {
    const { budget, applied } = make();
    for (const one of ['a', 'b', 'c']) budget.enter(object(one, 40));
    budget.retain('A', new Set(['n/b', 'n/c']));
    budget.settle();
    expect([...applied]).toEqual([['n/c', 'kept']]);
  });

  it('decides the same in whatever order objects come, grow and go', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      weight: fc.integer({ min: 0, max: 60 }),
      gone: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const holder = makeHolder();
        const last = new Map<string, number>();
        for (const { name, weight, gone } of steps) {
          if (gone) holder.leave(`n/${name}`);
          else holder.enter(object(name, weight));
          if (gone) last.delete(name);
          else last.set(name, weight);
        }
        const fresh = makeHolder();
        for (const [name, weight] of [...last].reverse()) fresh.enter(object(name, weight));
        expect(new Map([...holder.verdicts].sort())).toEqual(new Map([...fresh.verdicts].sort()));
        let kept = 0;
        for (const [name, weight] of last)
          if (holder.verdicts.get(`n/${name}`) === 'kept') kept += weight;
        expect(kept).toBeLessThanOrEqual(limits.ofNamespace);
      }),
    );
  });
});

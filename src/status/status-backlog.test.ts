import { describe, expect, it } from '@jest/globals';
import { StatusBacklog, type Waiting } from './status-backlog.ts';

const waiting = (namespace: string, count: number, isUrgent = false): readonly Waiting[] =>
  Array.from({ length: count }, (_, at) => ({ key: `${namespace}/${at}`, namespace, isUrgent }));

/** A backlog, and a clock that moves by hand. */
function makeBacklog(): {
  readonly backlog: StatusBacklog<Waiting>;
  readonly add: (ms: number) => void;
} {
  let now = 1_000_000;
  return {
    backlog: new StatusBacklog<Waiting>({ now: () => now }),
    add: (ms) => {
      now += ms;
    },
  };
}

/** The keys of the next so many, without those for which the pace gives no time. */
function take(backlog: StatusBacklog<Waiting>, count: number): string[] {
  return Array.from({ length: count }, () => backlog.take()).flatMap((one) => one?.key ?? []);
}

describe('the backlog of statuses', () => {
  it('gives changes for the worse first, and others their share', () => {
    const { backlog } = makeBacklog();
    backlog.follow([...waiting('shop', 3), ...waiting('bank', 2, true)]);
    expect(take(backlog, 9)).toEqual(['bank/0', 'shop/0', 'bank/1', 'shop/1', 'shop/2']);
    expect(backlog.size).toBe(0);
  });

  it('gives no more than the API server should get', () => {
    const { backlog, add } = makeBacklog();
    backlog.follow([...waiting('shop', 1000), ...waiting('bank', 1000, true)]);
    expect(take(backlog, 1000)).toHaveLength(40);
    add(1000);
    expect(take(backlog, 1000)).toHaveLength(15);
    expect(backlog.size).toBe(1945);
  });

  it('lets namespaces take turns, also when all writes are decided again in between', () => {
    const { backlog } = makeBacklog();
    const all = [...waiting('crowd', 9), ...waiting('bank', 1), ...waiting('shop', 1)];
    backlog.follow(all);
    const [first] = take(backlog, 1);
    backlog.follow(all);
    expect([first, ...take(backlog, 3)]).toEqual(['crowd/0', 'bank/0', 'shop/0', 'crowd/1']);
  });

  it('gives nothing that does not wait any more', () => {
    const { backlog } = makeBacklog();
    backlog.follow(waiting('shop', 3));
    backlog.follow([]);
    expect(take(backlog, 3)).toEqual([]);
  });
});

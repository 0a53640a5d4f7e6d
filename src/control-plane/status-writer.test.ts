import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import { type Clock, systemClock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import { silentLogger } from '../common/logger.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import type { WantedPolicyStatus } from './policy-status.ts';
import { makeTcpRoute } from '../../test/build/make-policy.ts';
import { shownPorts } from './policy-statuses.ts';
import { keptStatus } from './kept-status.ts';
import { StatusWriter, isUpToDate, type PolicyObject, type WantedStatus } from './status-writer.ts';

const wanted: WantedPolicyStatus = {
  observedGeneration: 2,
  inForce: '1/1',
  acknowledged: 1,
  total: 1,
  rejected: 0,
  conditions: [
    {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: 'fine',
      observedGeneration: 2,
    },
  ],
};
const since = { lastTransitionTime: '2026-01-01T00:00:00Z' };
const written = { ...wanted, conditions: wanted.conditions.map((c) => ({ ...c, ...since })) };

function makeTarget(name: string, status?: PolicyObject['status']): WantedStatus {
  const object: PolicyObject = {
    apiVersion: 'access.smi-spec.io/v1alpha3',
    kind: 'TrafficTarget',
    metadata: { namespace: 'shop', name, generation: 2 },
    ...(status === undefined ? {} : { status }),
  };
  return { kind: kinds.trafficTarget, object, status: wanted };
}

/** The one verb the writer uses, over a list of what was applied. */
function clientThat(apply: (object: KubernetesObject) => void): ApiClient {
  const client: Pick<ApiClient, 'apply'> = {
    apply: (_kind, object) => {
      apply(object);
      return Promise.resolve(object);
    },
  };
  return client as ApiClient;
}

async function runOnce(all: readonly WantedStatus[], client: ApiClient): Promise<string[]> {
  const over = new AbortController();
  const told: string[] = [];
  const writer = new StatusWriter({
    client,
    clock: systemClock,
    logger: silentLogger,
    wanted: () => all,
    onWritten: ({ object }) => told.push(object.metadata.name),
  });
  const running = writer.run(over.signal);
  await systemClock.sleep(20, over.signal);
  over.abort();
  await running;
  return told;
}

describe('isUpToDate', () => {
  it('does not look at times', () => expect(isUpToDate(wanted, written)).toBe(true));
  it('sees a missing status', () => expect(isUpToDate(wanted, {})).toBe(false));
  it('sees another count', () =>
    expect(isUpToDate(wanted, { ...written, acknowledged: 0 })).toBe(false));
  it('sees other ports, and ports that are told no more', () => {
    expect(isUpToDate({ ...wanted, ports: 'all' }, written)).toBe(false);
    expect(isUpToDate(wanted, { ...written, ports: 'all' })).toBe(false);
  });
  it('needs no write for what was written and kept, of whatever kind', () => {
    const many = Array.from({ length: 4_096 }, (_, at) => 60_000 + at);
    const route = makeTcpRoute({ ports: many });
    const { ports: shown } = shownPorts('TCPRoute', route);
    for (const ports of [undefined, 'all', '80,443', shown]) {
      const all = { ...wanted, ...(ports !== undefined && { ports }) };
      const conditions = written.conditions;
      expect(isUpToDate(all, keptStatus({ ...all, conditions }) ?? {})).toBe(true);
    }
  });
  it('sees another message', () => {
    const conditions = written.conditions.map((c) => ({ ...c, message: 'other' }));
    expect(isUpToDate(wanted, { ...written, conditions })).toBe(false);
  });
});

describe('StatusWriter', () => {
  it('writes what differs and nothing else', async () => {
    const applied: string[] = [];
    const client = clientThat((object) => applied.push(object.metadata.name));
    const told = await runOnce([makeTarget('new'), makeTarget('same', written)], client);
    expect(applied).toEqual(['new']);
    expect(told).toEqual(['new']);
  });

  it('keeps the time of a condition whose status did not change', async () => {
    const applied: KubernetesObject[] = [];
    const before = { ...written, acknowledged: 0 };
    await runOnce(
      [makeTarget('a', before)],
      clientThat((object) => applied.push(object)),
    );
    const status = (applied[0] as PolicyObject).status;
    expect(status?.conditions?.[0]?.lastTransitionTime).toBe(since.lastTransitionTime);
  });

  it('goes on with the others when one cannot be written', async () => {
    const client = clientThat(({ metadata }) => {
      if (metadata.name === 'bad') throw new WeftError('api-rejected', 'no');
    });
    expect(await runOnce([makeTarget('bad'), makeTarget('good')], client)).toEqual(['good']);
  });
});

/** Time passes only when somebody sleeps, and then at once. */
function quickClock(): Clock {
  let now = 1_000_000;
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const refused: WantedPolicyStatus = {
  ...{ ...wanted, inForce: '0/1', acknowledged: 0, rejected: 1 },
  conditions: [
    { type: 'Programmed', status: 'False', reason: 'Rejected', message: 'web-1 refused it' },
  ],
};

interface Write {
  readonly name: string;
  readonly inForce: string | undefined;
  /** In milliseconds from the beginning. */
  readonly at: number;
}

interface Story {
  readonly names: readonly string[];
  /** Of a policy, after that many writes. */
  readonly statusOf: (name: string, writes: number) => WantedPolicyStatus;
  /** After each write, successful or not: whether something changed, or all is over. */
  readonly after: (writes: readonly Write[]) => 'changed' | 'over' | 'nothing';
  /** What the API server refuses. */
  readonly refuses?: (name: string) => boolean;
  /** Whether the cache never gets to know of writes. */
  readonly isCacheDeaf?: boolean;
}

interface Told {
  readonly writes: readonly Write[];
  /** What each status was before, as who tells of changes sees it. */
  readonly before: readonly (string | undefined)[];
  readonly looks: number;
}

/** Runs a writer over policies `<namespace>/<name>` until the story says that it is over. */
async function tell(story: Story): Promise<Told> {
  const clock = quickClock();
  const begin = clock.now();
  const over = new AbortController();
  const [writes, before]: [Write[], (string | undefined)[]] = [[], []];
  let looks = 0;
  const keyOf = ({ metadata }: KubernetesObject): string =>
    `${metadata.namespace ?? ''}/${metadata.name}`;
  const cache = new Map(
    story.names.map((key) => {
      const [namespace = '', name = ''] = key.split('/');
      const { object } = makeTarget(name);
      return [key, { ...object, metadata: { ...object.metadata, namespace } }];
    }),
  );
  const client = clientThat((object) => {
    const key = keyOf(object);
    const { status } = object as PolicyObject;
    writes.push({ name: key, inForce: status?.inForce, at: clock.now() - begin });
    const next = story.after(writes);
    if (next === 'over') over.abort();
    if (next === 'changed') writer.trigger();
    if (story.refuses?.(key) === true) throw new WeftError('api-rejected', 'no');
    if (story.isCacheDeaf !== true && status !== undefined)
      cache.set(key, { ...cache.get(key)!, status });
  });
  const writer = new StatusWriter({
    ...{ client, clock, logger: silentLogger },
    wanted: () => {
      looks += 1;
      return [...cache].map(([key, object]) => {
        return { kind: kinds.trafficTarget, object, status: story.statusOf(key, writes.length) };
      });
    },
    onWritten: ({ object }) => before.push(object.status?.inForce),
  });
  await writer.run(over.signal).catch(() => undefined);
  return { writes, before, looks };
}

const many = (namespace: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${namespace}/t${at}`);

describe('while a thousand statuses wait', () => {
  it('one that gets worse is written within two seconds, and never as it was', async () => {
    const names = many('shop', 1000);
    const { writes } = await tell({
      names,
      statusOf: (name, written) => (name === 'shop/t999' && written >= 21 ? refused : wanted),
      after: (all) => {
        if (all.length === 21) return 'changed';
        return all.at(-1)?.name === 'shop/t999' ? 'over' : 'nothing';
      },
    });
    const changedAt = writes[20]!.at;
    const its = writes.filter(({ name }) => name === 'shop/t999');
    expect(its).toMatchObject([{ inForce: '0/1' }]);
    expect(its[0]!.at - changedAt).toBeLessThanOrEqual(2_000);
  });

  it('one of another namespace is told that it is refused within two seconds, if all are', async () => {
    const names = [...many('crowd', 1000), 'shop/cart'];
    const { writes } = await tell({
      names,
      statusOf: () => refused,
      after: (all) => (all.at(-1)?.name === 'shop/cart' ? 'over' : 'nothing'),
    });
    expect(writes.at(-1)!.at).toBeLessThanOrEqual(2_000);
  });

  it('what is wanted is asked for once a second at most, however much changes', async () => {
    const { writes, looks } = await tell({
      names: many('shop', 1000),
      statusOf: () => wanted,
      after: (all) => (all.length === 1000 ? 'over' : 'changed'),
    });
    const { at } = writes.at(-1)!;
    expect(at).toBeLessThanOrEqual(200_000);
    expect(looks).toBeLessThanOrEqual(at / 1000 + 2);
    expect(new Set(writes.map(({ name }) => name)).size).toBe(1000);
  });

  it('those whose status changes all the time do not keep others waiting', async () => {
    const names = many('shop', 100);
    const { writes } = await tell({
      names,
      // The first fifty are never as they were at the last look.
      statusOf: (name, written) =>
        Number(name.slice(6)) < 50 ? { ...wanted, total: written } : wanted,
      after: (all) => (all.length === 200 ? 'over' : 'changed'),
    });
    expect(new Set(writes.slice(0, 150).map(({ name }) => name)).size).toBe(100);
  });

  it('those that the API server refuses do not keep others waiting', async () => {
    const { writes } = await tell({
      names: many('shop', 60),
      statusOf: () => refused,
      refuses: (name) => Number(name.slice(6)) < 40,
      after: (all) => (all.length === 200 ? 'over' : 'nothing'),
    });
    expect(new Set(writes.slice(0, 100).map(({ name }) => name)).size).toBe(60);
  });
});

describe('a status that was written', () => {
  it('is looked at once for a change that came meanwhile', async () => {
    const over = new AbortController();
    let looks = 0;
    const writer = new StatusWriter({
      ...{ clock: systemClock, logger: silentLogger, onWritten: () => undefined },
      client: clientThat(() => writer.trigger()),
      wanted: () => {
        looks += 1;
        return [makeTarget('cart', looks > 1 ? written : undefined)];
      },
    });
    const running = writer.run(over.signal);
    await systemClock.sleep(20, over.signal);
    over.abort();
    await running;
    expect(looks).toBe(2);
  });

  it('is not written again before the cache knows of it', async () => {
    const { writes, before } = await tell({
      names: ['shop/cart', 'shop/web'],
      statusOf: (name, written) => (name === 'shop/cart' && written > 1 ? refused : wanted),
      isCacheDeaf: true,
      after: (all) => (all.length === 3 ? 'over' : 'changed'),
    });
    expect(writes.map(({ name }) => name)).toEqual(['shop/cart', 'shop/web', 'shop/cart']);
    expect(before).toEqual([undefined, undefined, '1/1']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { makeService } from '../../test/support/builders/make-object.ts';
import type { KubernetesObject } from '../api/core.ts';
import { type Clock, systemClock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import { silentLogger } from '../common/logger.ts';
import type { EventObject } from '../kubernetes/event-object.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { FairQueue } from './fair-queue.ts';
import { ObjectEvents, renewMs } from './object-events.ts';

const diagnosticOf = (namespace: string, name: string): Diagnostic => ({
  code: 'service-endpoint-outside',
  severity: 'error',
  object: { kind: 'Service', namespace, name, generation: 0 },
  message: `outside the mesh: ${name}`,
});

/** Time passes only when the writer sleeps, and then at once. */
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

interface Told {
  /** `<type> <reason>` of each that was created. */
  readonly types: string[];
  readonly created: string[];
  readonly merged: string[];
}

/** Runs until so many Events were created or renewed. */
async function eventsFor(
  diagnostics: readonly Diagnostic[],
  writes: number,
  { instance = 'one', there = new Set<string>() } = {},
): Promise<Told> {
  const over = new AbortController();
  const types: string[] = [];
  const created: string[] = [];
  const merged: string[] = [];
  const count = (): void => {
    if (created.length + merged.length >= writes) over.abort();
  };
  const client = {
    create: <T extends KubernetesObject>(_: unknown, object: T): Promise<T> => {
      const { metadata, regarding, type, reason } = object as unknown as EventObject;
      const key = `${metadata.namespace ?? ''}/${metadata.name}`;
      if (there.has(key)) return Promise.reject(new WeftError('api-conflict', 'it exists'));
      there.add(key);
      types.push(`${type} ${reason}`);
      created.push(`${regarding['namespace'] ?? ''}/${regarding['name'] ?? ''}`);
      count();
      return Promise.resolve(object);
    },
    merge: <T extends KubernetesObject>(ref: { readonly name: string }): Promise<T> => {
      merged.push(ref.name);
      count();
      return Promise.resolve({} as T);
    },
  };
  const events = new ObjectEvents({
    client,
    clock: quickClock(),
    logger: silentLogger,
    controller: 'weft.dev/control-plane',
    instance,
    diagnostics: () => diagnostics,
    find: ({ object: { namespace, name } }) => makeService({ namespace, name }),
  });
  await events.run(over.signal);
  return { types, created, merged };
}

describe('case H: Events about objects without a status', () => {
  it('are written once, and again before an Event expires', async () => {
    const { created, merged } = await eventsFor([diagnosticOf('shop', 'dns')], 3);
    expect(created).toEqual(['shop/dns']);
    expect(merged).toHaveLength(2);
    expect(new Set(merged).size).toBe(1);
    expect(renewMs).toBeLessThan(3_600_000);
  });

  it('are the same Events for the next leader', async () => {
    const there = new Set<string>();
    const diagnostics = [diagnosticOf('shop', 'dns'), diagnosticOf('shop', 'ntp')];
    await eventsFor(diagnostics, 2, { there });
    const { created, merged } = await eventsFor(diagnostics, 2, { instance: 'two', there });
    expect(created).toEqual([]);
    expect(merged).toHaveLength(2);
  });

  it('are of type Normal and not renewed when they only note something', async () => {
    const there = new Set<string>();
    const udp = { code: 'service-port-unsupported', severity: 'note' } as const;
    const diagnostics = [diagnosticOf('shop', 'db'), { ...diagnosticOf('shop', 'dns'), ...udp }];
    const first = await eventsFor(diagnostics, 4, { there });
    expect(first.types).toContain('Normal service-port-unsupported');
    expect([first.created.length, new Set(first.merged).size]).toEqual([2, 1]);
    const next = await eventsFor(diagnostics, 3, { instance: 'two', there });
    expect([next.created.length, new Set(next.merged).size]).toEqual([0, 1]);
  });

  it('of a namespace with 10,000 broken Services do not keep others waiting', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => diagnosticOf('crowd', `s${at}`));
    const few = ['bank', 'shop'].map((namespace) => diagnosticOf(namespace, 'dns'));
    const { created } = await eventsFor([...many, ...few], 600);
    expect(created.slice(0, 3).toSorted()).toEqual(['bank/dns', 'crowd/s0', 'shop/dns']);
    expect(created.filter((name) => name.startsWith('crowd/'))).toHaveLength(500);
  });
});

interface Again {
  readonly severity: Diagnostic['severity'];
  /** Whether the diagnostics after it are the very list that they were before. */
  readonly sameList: boolean;
}

/** Of a Service that is created again once its Event is there: the uids that Events are about, and when. */
async function toldAgain({ severity, sameList }: Again): Promise<string[]> {
  const over = new AbortController();
  const clock = quickClock();
  const begin = clock.now();
  const made: string[] = [];
  let uid = 'one';
  let diagnostics: readonly Diagnostic[] = [{ ...diagnosticOf('shop', 'dns'), severity }];
  const client = {
    create: <T extends KubernetesObject>(_: unknown, object: T): Promise<T> => {
      const { regarding } = object as unknown as EventObject;
      made.push(`${regarding['uid'] ?? ''} after ${(clock.now() - begin) / 1000} s`);
      if (made.length > 1) over.abort();
      uid = 'two';
      if (!sameList) diagnostics = [...diagnostics];
      events.trigger();
      return Promise.resolve(object);
    },
    merge: <T extends KubernetesObject>(): Promise<T> => Promise.resolve({} as T),
  };
  const events = new ObjectEvents({
    ...{ client, clock, logger: silentLogger, controller: 'weft.dev/control-plane' },
    instance: 'one',
    diagnostics: () => diagnostics,
    find: () => {
      const service = makeService();
      return { ...service, metadata: { ...service.metadata, uid } };
    },
  });
  const tooLate = AbortSignal.any([over.signal, AbortSignal.timeout(500)]);
  await events.run(tooLate);
  return made;
}

describe('Events about an object that was created again', () => {
  const kinds = ['error', 'note'] as const;
  const cases = kinds.flatMap((severity) =>
    [false, true].map((sameList) => ({ severity, sameList })),
  );

  it.each(cases)(
    'are told at once, with the severity $severity (same list: $sameList)',
    async (again) => {
      expect(await toldAgain(again)).toEqual(['one after 0 s', 'two after 0 s']);
    },
  );

  it('wait for its compile: the known diagnostics are of the object before', async () => {
    const over = new AbortController();
    const made: unknown[] = [];
    let looks = 0;
    const client = {
      create: <T extends KubernetesObject>(_: unknown, object: T): Promise<T> => {
        made.push((object as unknown as EventObject).regarding['uid']);
        over.abort();
        return Promise.resolve(object);
      },
      merge: <T extends KubernetesObject>(): Promise<T> => Promise.resolve({} as T),
    };
    const events = new ObjectEvents({
      ...{ client, clock: systemClock, logger: silentLogger, controller: 'weft.dev/control-plane' },
      instance: 'one',
      diagnostics: () => listed,
      find: () => {
        looks += 1;
        const service = makeService();
        return { ...service, metadata: { ...service.metadata, uid: looks > 1 ? 'two' : 'one' } };
      },
    });
    const listed = [diagnosticOf('shop', 'dns')];
    const running = events.run(over.signal);
    await systemClock.sleep(20, over.signal);
    expect(made).toEqual([]);
    events.trigger();
    await running;
    expect(made).toEqual(['two']);
  });

  it('have a name that follows from their words and the object, whatever the version of Weft', async () => {
    const there = new Set<string>();
    await eventsFor([diagnosticOf('shop', 'dns')], 1, { there });
    expect([...there]).toEqual(['shop/dns.5506df37f3361915']);
  });
});

describe('FairQueue', () => {
  it('lets owners take turns', () => {
    const queue = new FairQueue();
    for (const key of ['a1', 'a2', 'a3', 'b1']) queue.add(key.slice(0, 1), key);
    const taken = Array.from({ length: 5 }, () => queue.take());
    expect(taken).toEqual(['a1', 'b1', 'a2', 'a3', undefined]);
  });
});

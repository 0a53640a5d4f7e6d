import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeClock, settle } from '../../test/support/time/fake-clock.ts';
import type { KubernetesObject } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import type { ObjectRef } from './api-client.ts';
import type { LeaderPlan } from './lease-plan.ts';
import type { Lease } from './lease-record.ts';
import { runAsLeader } from './lease.ts';

/** One Lease, with optimistic locking as the API server has it. */
class LeaseServer {
  lease: Lease | undefined;
  #version = 0;

  write(lease: Lease, expected: string | undefined): Lease {
    if (this.lease?.metadata.resourceVersion !== expected) {
      throw new WeftError('api-conflict', 'conflict', { retry: 'soon' });
    }
    this.#version += 1;
    const metadata = { ...lease.metadata, resourceVersion: String(this.#version) };
    this.lease = { ...lease, metadata };
    return this.lease;
  }
}

/** How one contender's requests fare: lost on the way there, or the answer on the way back. */
interface Link {
  toMs: number;
  backMs: number;
  lostThere: boolean;
  lostBack: boolean;
}

class LinkedClient {
  readonly #server: LeaseServer;
  readonly #clock: FakeClock;
  readonly link: Link = { toMs: 1, backMs: 1, lostThere: false, lostBack: false };

  constructor(server: LeaseServer, clock: FakeClock) {
    this.#server = server;
    this.#clock = clock;
  }

  get<T extends KubernetesObject>(_ref: ObjectRef, signal: AbortSignal): Promise<T | undefined> {
    return this.#ask(() => this.#server.lease, signal) as Promise<T | undefined>;
  }

  create<T extends KubernetesObject>(_kind: Kind, object: T, signal: AbortSignal): Promise<T> {
    const lease = object as unknown as Lease;
    return this.#ask(() => this.#server.write(lease, undefined), signal) as unknown as Promise<T>;
  }

  merge<T extends KubernetesObject>(
    _ref: ObjectRef,
    patch: { readonly value: unknown },
    signal: AbortSignal,
  ): Promise<T> {
    const { metadata, spec } = patch.value as Lease;
    const change = (): Lease => {
      const known = this.#server.lease;
      if (known === undefined) throw new WeftError('api-not-found', 'no lease');
      const merged = { ...known, spec: { ...known.spec, ...spec } };
      return this.#server.write(merged, metadata.resourceVersion);
    };
    return this.#ask(change, signal) as unknown as Promise<T>;
  }

  async #ask<T>(work: () => T, signal: AbortSignal): Promise<T> {
    const { toMs, backMs, lostThere, lostBack } = this.link;
    await this.#clock.sleep(lostThere ? 1e9 : toMs, signal);
    const result = work();
    await this.#clock.sleep(lostBack ? 1e9 : backMs, signal);
    return result;
  }
}

const timing = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2000, pollMs: 1000 };

class Meeting {
  readonly clock = new FakeClock();
  readonly server = new LeaseServer();
  readonly leaders = new Set<string>();
  readonly terms: string[] = [];
  mostAtOnce = 0;

  enter(identity: string, random = Math.random): Contestant {
    const client = new LinkedClient(this.server, this.clock);
    const over = new AbortController();
    const plan: LeaderPlan = {
      client,
      namespace: 'mesh',
      name: 'leader',
      identity,
      clock: this.clock,
      random,
      timing,
    };
    const work = async (signal: AbortSignal): Promise<void> => {
      this.leaders.add(identity);
      this.terms.push(identity);
      this.mostAtOnce = Math.max(this.mostAtOnce, this.leaders.size);
      await this.clock.sleep(1e9, signal).catch(() => undefined);
      // Work that takes its time to end.
      await this.clock.sleep(2000, new AbortController().signal);
      this.leaders.delete(identity);
    };
    const ended = runAsLeader(plan, work, over.signal);
    return { link: client.link, leave: () => (over.abort(), ended) };
  }
}

interface Contestant {
  readonly link: Link;
  readonly leave: () => Promise<void>;
}

describe('runAsLeader', () => {
  it('makes one of two replicas the leader, at once', async () => {
    const meeting = new Meeting();
    meeting.enter('a');
    meeting.enter('b');
    await meeting.clock.advance(100);
    expect(meeting.leaders.size).toBe(1);
    await meeting.clock.advance(120_000);
    expect(meeting.terms).toHaveLength(1);
    expect(meeting.mostAtOnce).toBe(1);
  });

  it('lets the next take over soon after a graceful end', async () => {
    const meeting = new Meeting();
    const first = meeting.enter('a');
    await meeting.clock.advance(100);
    meeting.enter('b');
    await meeting.clock.advance(5000);
    const gone = first.leave();
    await meeting.clock.advance(2000);
    expect([...meeting.leaders]).toEqual([]);
    await meeting.clock.advance(1500);
    await gone;
    expect([...meeting.leaders]).toEqual(['b']);
    expect(meeting.server.lease?.spec?.leaseTransitions).toBe(1);
  });

  it('takes over from a holder that fell silent, after its whole duration and not before', async () => {
    const meeting = new Meeting();
    const first = meeting.enter('a');
    await meeting.clock.advance(100);
    meeting.enter('b');
    await meeting.clock.advance(10_000);
    first.link.lostThere = true;
    await meeting.clock.advance(12_500);
    expect([...meeting.leaders]).toEqual([]);
    await meeting.clock.advance(6000);
    expect([...meeting.leaders]).toEqual(['b']);
    expect(meeting.mostAtOnce).toBe(1);
    first.link.lostThere = false;
    await meeting.clock.advance(60_000);
    expect(meeting.terms).toEqual(['a', 'b']);
  });

  it('does not believe the times in the record', async () => {
    const meeting = new Meeting();
    const holder: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'leader', namespace: 'mesh' },
      spec: {
        holderIdentity: 'elsewhere',
        leaseDurationSeconds: 15,
        renewTime: '1999-01-01T00:00:00.000000Z',
      },
    };
    meeting.server.write(holder, undefined);
    meeting.enter('a');
    await meeting.clock.advance(14_000);
    expect(meeting.leaders.size).toBe(0);
    await meeting.clock.advance(3000);
    expect(meeting.leaders.size).toBe(1);
  });

  it('keeps the lease when others touch its labels', async () => {
    const meeting = new Meeting();
    meeting.enter('a');
    await meeting.clock.advance(100);
    for (let round = 0; round < 10; round += 1) {
      const lease = meeting.server.lease;
      if (lease !== undefined) meeting.server.write(lease, lease.metadata.resourceVersion);
      await meeting.clock.advance(3000);
    }
    expect(meeting.terms).toEqual(['a']);
    expect(meeting.leaders.size).toBe(1);
  });

  it('rejects as the work does, and releases the lease', async () => {
    const meeting = new Meeting();
    const plan: LeaderPlan = {
      client: new LinkedClient(meeting.server, meeting.clock),
      namespace: 'mesh',
      name: 'leader',
      identity: 'a',
      clock: meeting.clock,
      timing,
    };
    const ended = runAsLeader(plan, () => Promise.reject(new Error('broken')), AbortSignal.any([]));
    const seen = expect(ended).rejects.toThrow('broken');
    await meeting.clock.advance(1000);
    await seen;
    await settle();
    expect(meeting.server.lease?.spec?.holderIdentity).toBeNull();
    expect(meeting.clock.sleeping).toBe(0);
  });

  it('never has two leaders, whatever gets lost, and has one again in quiet times (property)', async () => {
    const who = fc.constantFrom(0, 1, 2);
    const trouble = fc.record({
      who,
      forMs: fc.integer({ min: 500, max: 20_000 }),
      link: fc.record({
        toMs: fc.constantFrom(1, 50, 2000, 4000),
        backMs: fc.constantFrom(1, 50, 2000, 4000),
        lostThere: fc.boolean(),
        lostBack: fc.boolean(),
      }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(trouble, { maxLength: 8 }), fc.nat(), async (troubles, seed) => {
        const meeting = new Meeting();
        let state = seed;
        const random = (): number =>
          (state = (state * 16_807 + 11) % 2_147_483_647) / 2_147_483_647;
        const all = ['a', 'b', 'c'].map((identity) => meeting.enter(identity, random));
        await meeting.clock.advance(1000);
        for (const { who, forMs, link } of troubles) {
          Object.assign(all[who]!.link, link);
          await meeting.clock.advance(forMs);
        }
        const calm: Link = { toMs: 1, backMs: 1, lostThere: false, lostBack: false };
        for (const { link } of all) Object.assign(link, calm);
        await meeting.clock.advance(40_000);
        expect(meeting.mostAtOnce).toBe(1);
        expect(meeting.leaders.size).toBe(1);
        const gone = Promise.all(all.map(({ leave }) => leave()));
        await meeting.clock.advance(10_000);
        await gone;
        expect(meeting.clock.sleeping).toBe(0);
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});

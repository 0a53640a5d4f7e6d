import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { kinds } from '../../../src/api/kinds.ts';
import { systemClock } from '../../../src/common/clock.ts';
import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import type { LeaseTiming } from '../../../src/kubernetes/lease-plan.ts';
import type { Lease } from '../../../src/kubernetes/lease-record.ts';
import { runAsLeader } from '../../../src/kubernetes/lease.ts';
import {
  type FaultyApiRig,
  startFaultyApiRig,
} from '../../support/api-server/faulty-api-server.ts';
import { msUntil, until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

const hasty: LeaseTiming = { leaseMs: 3000, renewMs: 2000, retryMs: 300, pollMs: 300 };

let rig: FaultyApiRig;

beforeAll(async () => {
  rig = await startFaultyApiRig(`lease-${String(process.pid)}`);
});

afterAll(() => rig.stop());

interface Contestant {
  readonly leave: () => Promise<void>;
}

class Meeting {
  readonly name: string;
  readonly leaders = new Set<string>();
  mostAtOnce = 0;

  constructor(name: string) {
    this.name = name;
  }

  enter(identity: string, client: ApiClient, timing?: LeaseTiming): Contestant {
    const { namespace } = rig;
    const over = new AbortController();
    const plan = { client, namespace, name: this.name, identity, clock: systemClock };
    const work = async (signal: AbortSignal): Promise<void> => {
      this.leaders.add(identity);
      this.mostAtOnce = Math.max(this.mostAtOnce, this.leaders.size);
      await systemClock.sleep(600_000, signal).catch(() => undefined);
      this.leaders.delete(identity);
    };
    const ended = runAsLeader(timing === undefined ? plan : { ...plan, timing }, work, over.signal);
    const leave = (): Promise<void> => {
      over.abort();
      return ended;
    };
    return { leave };
  }

  /** Alone. */
  isLedBy(identity: string): boolean {
    return this.leaders.size === 1 && this.leaders.has(identity);
  }

  lease(): Promise<Lease | undefined> {
    const ref = { kind: kinds.lease, namespace: rig.namespace, name: this.name };
    return rig.direct.get<Lease>(ref, rig.signal);
  }
}

it('elects one of two, hands over within two seconds of a graceful end, and leaves the lease free', async () => {
  const meeting = new Meeting('graceful');
  const first = meeting.enter('a', rig.direct);
  await until(() => meeting.leaders.has('a'));
  const second = meeting.enter('b', rig.direct);
  await staysTrueFor(1_200, 'one leader', () => meeting.isLedBy('a'));
  await first.leave();
  const tookMs = await msUntil(() => meeting.leaders.has('b'));
  expect(tookMs).toBeLessThan(2000);
  expect((await meeting.lease())?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  await second.leave();
  expect((await meeting.lease())?.spec?.holderIdentity).toBeUndefined();
  expect(meeting.mostAtOnce).toBe(1);
}, 20_000);

it('takes over from a holder cut off from the API server, never two at once', async () => {
  const meeting = new Meeting('cut-off');
  const first = meeting.enter('a', rig.shaky, hasty);
  await until(() => meeting.leaders.has('a'));
  const second = meeting.enter('b', rig.direct, hasty);
  await staysTrueFor(500, 'one leader', () => meeting.isLedBy('a'));
  rig.proxy.plan('other', { kind: 'refuse' }, 1000);
  rig.proxy.cut();
  const lostMs = await msUntil(() => !meeting.leaders.has('a'), { withinMs: 5000 });
  const wonMs = await msUntil(() => meeting.leaders.has('b'), { withinMs: 5000 });
  expect(lostMs).toBeLessThan(2500);
  expect(lostMs + wonMs).toBeLessThan(5000);
  rig.proxy.clearPlans();
  await staysTrueFor(1_000, 'one leader', () => meeting.isLedBy('b'));
  expect(meeting.mostAtOnce).toBe(1);
  await Promise.all([first.leave(), second.leave()]);
}, 20_000);

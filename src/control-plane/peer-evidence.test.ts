import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FakeClock } from '../../test/support/time/fake-clock.ts';
import { silentLogger } from '../common/logger.ts';
import { FakeStore } from '../../test/support/fakes/fake-store.ts';
import type { StreamName } from '../xds/replicas/close-service.ts';
import type { Evidence } from '../xds/evidence/evidence.ts';
import { noEvidence } from '../xds/evidence/evidence-wire.ts';
import { PeerEvidence, settleMs, silentMs } from './peer-evidence.ts';

function evidenceOf(...streams: readonly (readonly [string, number])[]): Evidence {
  return {
    ...noEvidence,
    connected: streams.length,
    synced: streams.length,
    streams: new Map(streams.map(([uid, opened]) => [uid, { pod: `shop/${uid}`, opened }])),
  };
}

interface Stage {
  readonly peers: PeerEvidence;
  readonly clock: FakeClock;
  /** What the other replica says; undefined: it cannot be reached. */
  readonly says: (evidence: Evidence | undefined) => void;
  readonly closed: string[];
  /** The other replica is being deleted. */
  readonly leave: () => void;
  readonly stop: () => Promise<void>;
}

function stage(own: Evidence): Stage {
  const clock = new FakeClock();
  const over = new AbortController();
  const closed: string[] = [];
  let isLeaving = false;
  let says: Stage['says'] = () => undefined;
  const note =
    (where: string) =>
    ({ uid, opened }: StreamName): void =>
      void closed.push(`${where} ${uid} ${opened}`);
  const peers = new PeerEvidence({
    pods: new FakeStore(),
    clock,
    others: () => new Map([['weft-system/two', '10.0.0.2']]),
    isLeaving: () => isLeaving,
    own: { value: own, follow: () => () => undefined },
    logger: silentLogger,
    follow: (_, changed) => {
      says = changed;
      return Promise.resolve();
    },
    closeOwn: note('own'),
    closeAt: (ip, streams) => {
      streams.forEach(note(ip));
      return Promise.resolve();
    },
  });
  const running = peers.run(over.signal);
  return {
    ...{ peers, clock, closed },
    says: (evidence) => says(evidence),
    leave: () => (isLeaving = true),
    stop: () => {
      over.abort();
      return running;
    },
  };
}

describe('case H: what all replicas know together', () => {
  it('is settling for a moment, then incomplete, and in the end names the silent replica', async () => {
    const { peers, clock, says, stop } = stage(evidenceOf(['a', 1]));
    expect(peers.value).toMatchObject({ complete: false, settling: true, unreachable: [] });
    await clock.advance(settleMs);
    expect(peers.value).toMatchObject({ complete: false, settling: false, unreachable: [] });
    await clock.advance(silentMs - settleMs);
    expect(peers.value.unreachable).toEqual(['weft-system/two']);
    says(evidenceOf(['b', 1]));
    expect(peers.value).toMatchObject({ complete: true, connected: 2, unreachable: [] });
    says(undefined);
    expect(peers.value).toMatchObject({ complete: false, settling: true, unreachable: [] });
    await stop();
  });

  it('waits for no replica that is being deleted, and counts what such a one still says', async () => {
    const { peers, clock, says, leave, stop } = stage(evidenceOf(['a', 1]));
    says(evidenceOf(['b', 1]));
    leave();
    expect(peers.value).toMatchObject({ complete: true, connected: 2 });
    says(undefined);
    await clock.advance(silentMs);
    expect(peers.value).toMatchObject({ complete: true, connected: 1, unreachable: [] });
    await stop();
  });

  it('counts a proxy that reconnected once, and has its older stream closed where that is', async () => {
    const { peers, clock, says, closed, stop } = stage(evidenceOf(['a', 1], ['b', 5]));
    says(evidenceOf(['a', 3], ['b', 4]));
    expect(peers.value).toMatchObject({ connected: 2, settling: true });
    expect(closed.toSorted()).toEqual(['10.0.0.2 b 4', 'own a 1']);
    await nextTurn();
    says(evidenceOf(['a', 3]));
    await clock.advance(settleMs);
    expect(peers.value).toMatchObject({ connected: 2, settling: false });
    await stop();
  });
});

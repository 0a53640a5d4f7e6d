import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type {
  Bookmarks,
  Fault,
  FaultProxy,
  RequestKind,
} from '../../support/api-server/fault-proxy.ts';
import { followedMaps, sameMap } from '../../support/api-server/followed-maps.ts';
import { msUntil, until } from '../../support/time/until.ts';
import { letPass } from '../../support/time/let-pass.ts';

const maps = followedMaps('reflector-property');

type Action = (proxy: FaultProxy) => Promise<unknown>;

const names = ['a', 'b', 'c', 'd'];
const nothing = Promise.resolve(undefined);

const write = fc.constantFrom(...names).chain((name) =>
  fc.constantFrom<Action>(
    () => maps.put(name),
    () => maps.remove(name),
    () => maps.remove(name).then(() => maps.put(name)),
    () => maps.put(name).then(() => maps.put(name)),
  ),
);

const inStream = (code: number): string =>
  JSON.stringify({ type: 'ERROR', object: { kind: 'Status', status: 'Failure', code } });

const streamFault = fc.constantFrom<Action>(
  (proxy) => (proxy.cut(), nothing),
  (proxy) => (proxy.stall(), nothing),
  (proxy) => (proxy.end(), nothing),
  (proxy) => (proxy.truncateNext(), nothing),
  (proxy) => (proxy.say(inStream(410)), nothing),
  (proxy) => (proxy.say(inStream(500)), nothing),
  (proxy) => (proxy.say('{"type":"ADDED","obj'), nothing),
  (proxy) => (proxy.say('{"type":"MODIFIED","object":{"metadata":{}}}'), nothing),
);

const requestFault = fc
  .record({
    on: fc.constantFrom<RequestKind>('list', 'watch'),
    times: fc.integer({ min: 1, max: 3 }),
    fault: fc.constantFrom<Fault>(
      { kind: 'answer', status: 410 },
      { kind: 'answer', status: 429 },
      { kind: 'answer', status: 429, retryAfter: 1 },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 503 },
      { kind: 'answer', status: 401 },
      { kind: 'refuse' },
      { kind: 'slow', ms: 150 },
      { kind: 'cut-halfway' },
    ),
  })
  .map(
    ({ on, fault, times }): Action =>
      (proxy) => (proxy.plan(on, fault, times), nothing),
  );

const mode = fc.constantFrom<Bookmarks>('none', 'doubled', 'late', 'early').map(
  (bookmarks): Action =>
    (proxy) => ((proxy.bookmarks = bookmarks), nothing),
);

const pause = fc.integer({ min: 1, max: 60 }).map(
  (ms): Action =>
    () =>
      letPass(ms, 'an action of its own: nothing happens'),
);

const action = fc.oneof(
  { weight: 5, arbitrary: write },
  { weight: 3, arbitrary: streamFault },
  { weight: 2, arbitrary: requestFault },
  { weight: 1, arbitrary: mode },
  { weight: 2, arbitrary: pause },
);

it('equals the API server within seconds after any faults, and tells no lie on the way (property)', async () => {
  const slowest = { ms: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 30 }), async (actions) => {
      maps.rig.proxy.clearPlans();
      const watched = maps.follow();
      for (const act of actions) await act(maps.rig.proxy);
      const tookMs = await msUntil(() => maps.isCurrent(watched.store), { withinMs: 8000 });
      slowest.ms = Math.max(slowest.ms, tookMs);
      expect(sameMap(watched.folded, watched.store.objects)).toBe(true);
      // No dead watch: the next change arrives as well.
      maps.rig.proxy.clearPlans();
      await maps.put('last');
      await until(() => maps.isCurrent(watched.store), { withinMs: 8000 });
      await watched.stop();
      await until(() => maps.rig.proxy.open === 0, { withinMs: 2000 });
    }),
    { numRuns: 25, interruptAfterTimeLimit: 90_000 },
  );
  expect(slowest.ms).toBeLessThan(8000);
}, 150_000);

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { kinds } from '../../support/attacks/hostile/kinds.ts';
import { type Seen, Stage } from '../../support/attacks/hostile/stage.ts';
import type { Place } from '../../support/attacks/hostile/words.ts';

jest.setTimeout(120_000);

const mayTakeMb = 64;
const mayDelayMs = 50;
const servedMs = 20_000;
const watchMs = 2_500;
/** Until thousands have had their handshakes. */
const manyMs = 12_000;

/** They make grpc-js work where no limit is asked yet. What that leaves in memory is measured on a server of its own. */
const framed = ['packs its messages', 'sends thousands of empty messages at once'];
const all = Object.keys(kinds).filter((kind) => !framed.includes(kind));
const authenticated = all.slice(all.indexOf('never ends a message'));
const neverEnding = all.filter((kind) => /^never ends an? (?:ask|watch)/.test(kind));
/** The memory of these grows with their number: 76 KB a TLS connection, where the server has no limit. */
const holding = ['speaks TLS alone', 'opens a connection and no call'];
const others = all.filter((kind) => !authenticated.includes(kind) && !neverEnding.includes(kind));

/**
 * One server for all attacks, one after another: what one leaves behind counts for the next. The
 * bounds are on what the server itself takes: its memory, and its own work in a turn of its event loop.
 */
describe('one client cannot take the control plane from others', () => {
  const expectHarmless = onAStage();

  it.each(neverEnding)('S1: a hundred clients of which each %s', (kind) =>
    expectHarmless([kind], 100),
  );

  it.each(authenticated)('S6: thirty proxies of which each %s', (kind) =>
    expectHarmless([kind], 30),
  );

  it.each(others)('S9: two hundred clients of which each %s', (kind) =>
    expectHarmless([kind], 200),
  );

  it.each(holding)('S9: two thousand clients of which each %s', (kind) =>
    expectHarmless([kind], 2_000, manyMs),
  );

  it('S1, S6, S9: hostile clients of any kinds together', async () => {
    const some = fc.subarray(all, { minLength: 3, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(some, (chosen) => expectHarmless(chosen, 15)),
      { numRuns: 3, endOnFailure: true },
    );
  }, 240_000);
});

describe('one client cannot make grpc-js work before its limits are asked', () => {
  const expectHarmless = onAStage();

  it.each(framed)('S6: thirty proxies of which each %s', (kind) => expectHarmless([kind], 30));
});

type ExpectHarmless = (chosen: readonly string[], each: number, forMs?: number) => Promise<void>;

/** A server for the tests of one block, and the check of what an attack on it takes. */
function onAStage(): ExpectHarmless {
  let stage: Stage;
  let place: Place;
  let calm: Seen;

  beforeAll(async () => {
    ({ stage, place } = await Stage.open());
    await stage.watch(place, watchMs, servedMs);
    calm = await stage.watch(place, watchMs, servedMs);
  });
  afterEach(() => stage.endAttacks());
  afterAll(() => stage.close());

  return async (chosen, each, forMs = watchMs) => {
    await stage.attack(place, chosen, each);
    const seen = await stage.watch(place, forMs, servedMs);
    stage.endAttacks();
    const [mb, ms] = [seen.mb - calm.mb, seen.p99 - calm.p99];
    const summary = `+${mb.toFixed(0)} MB, +${ms.toFixed(1)} ms, served in ${seen.servedMs.toFixed(0)} ms`;
    process.stderr.write(`${each} x ${chosen.join(' & ')}: ${summary}\n`);
    expect(mb).toBeLessThan(mayTakeMb);
    expect(ms).toBeLessThan(mayDelayMs);
  };
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeNamedRoot } from '../../../test/support/builders/make-named-root.ts';
import { FakeClock } from '../../../test/support/time/fake-clock.ts';
import { FakeIssuer } from '../../../test/support/issuers/fake-issuer.ts';
import type { RootReport } from '../../api/certificate-report.ts';
import type { NamedRoot } from '../issuing-plan.ts';
import { silentLogger } from '../../common/logger.ts';
import { WeftError } from '../../common/errors.ts';
import { Prober } from './prober.ts';

const root = makeNamedRoot('weft-root-2');
const good: RootReport = { ready: true, fingerprint: 'ff' };

/** Lets all started work go as far as it can without another event. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('trying out a root', () => {
  let clock: FakeClock;
  let candidate: NamedRoot | undefined;
  let answer: RootReport | Error;
  let probes: string[];
  let open: number;
  let calls: number;
  let prober: Prober;
  let over: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    [candidate, answer, probes, open, calls] = [root, good, [], 0, 0];
    over = new AbortController();
    const issuer = new FakeIssuer(clock);
    prober = new Prober({
      open: () => ({
        issue: (request, signal) => issuer.issue(request, signal),
        authority: () => issuer.authority(),
        onChange: (callback) => issuer.onChange(callback),
        lastFailure: () => issuer.lastFailure(),
        run: async (signal) => {
          open += 1;
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          open -= 1;
        },
      }),
      probe: (_, { name }) => {
        probes.push(name);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      candidate: () => candidate,
      clock,
      random: () => 0.5,
      logger: silentLogger,
    });
    prober.follow(() => (calls += 1));
    running = prober.run(over.signal);
  });
  afterEach(async () => {
    over.abort();
    await running;
  });

  it('is done once, and the issuer is closed again', async () => {
    await settled();
    expect([prober.reportOn(root), probes.length, open, calls]).toEqual([good, 1, 0, 1]);
    prober.trigger();
    await settled();
    expect(probes).toHaveLength(1);
  });

  it('is done again in time, for the root may break before it signs', async () => {
    await settled();
    answer = { ready: false, trouble: { code: 'issuer-refused', message: 'no', since: 5 } };
    await clock.advance(30_000);
    await settled();
    expect(prober.reportOn(root)).toEqual(answer);
    expect(calls).toBe(2);
  });

  it('goes on while it fails, and reports the failure since it was first seen', async () => {
    candidate = undefined;
    answer = new WeftError('issuer-unavailable', 'nobody there');
    await settled();
    candidate = { ...root, name: 'weft-root-3' };
    prober.trigger();
    await settled();
    const { since } = prober.reportOn(candidate)?.trouble ?? {};
    await clock.advance(30_000);
    await settled();
    expect(probes.filter((name) => name === 'weft-root-3').length).toBeGreaterThan(1);
    expect(prober.reportOn(candidate)?.trouble).toMatchObject({
      code: 'issuer-unavailable',
      message: 'nobody there',
      since,
    });
    answer = good;
    await clock.advance(30_000);
    await settled();
    expect(prober.reportOn(candidate)).toEqual(good);
  });

  it('says nothing of another root, nor of the same one with another pin', async () => {
    await settled();
    expect(prober.reportOn({ ...root, name: 'weft-root-9' })).toBeUndefined();
    expect(prober.reportOn({ ...root, pinned: 'PEM' })).toBeUndefined();
  });
});

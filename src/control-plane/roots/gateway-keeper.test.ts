import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeNamedRoot } from '../../../test/build/make-named-root.ts';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeIssuer } from '../../../test/fakes/issuer.ts';
import type { GatewayReport } from '../../api/certificate-report.ts';
import type { KubernetesObject } from '../../api/core.ts';
import type { Kind } from '../../api/kinds.ts';
import type { RunningIssuer } from '../../certificates/issuer.ts';
import { PlannedIssuers } from '../../certificates/planned-issuers.ts';
import { untilAborted } from '../../common/aborted.ts';
import { WeftError } from '../../common/errors.ts';
import { silentLogger } from '../../common/logger.ts';
import type { ObjectRef } from '../../kubernetes/api-client.ts';
import { GatewayKeeper, type GatewayWish } from './gateway-keeper.ts';

const asked: GatewayWish = {
  gateway: {
    subjectAltNames: ['a.example'],
    validityDuration: '1h',
    secret: { namespace: 'edge', name: 'gateway-cert' },
  },
  ending: false,
};
const ends: GatewayWish = { gateway: undefined, ending: true };
const before: GatewayReport = {
  namespace: 'edge',
  name: 'old-cert',
  trustedStep: 1,
  signerStep: 1,
};
const forbidden = new WeftError('api-rejected', 'it is forbidden');

describe("the keeper of the gateway's Secret", () => {
  let clock: FakeClock;
  let wish: GatewayWish | undefined;
  /** What was reported before, or why it cannot be read. */
  let known: GatewayReport | WeftError | undefined;
  let refusal: WeftError | undefined;
  let done: string[];
  let reports: number;
  let keeper: GatewayKeeper;
  let over: AbortController;
  let ended: Promise<unknown>;

  const client = {
    apply: <T extends KubernetesObject>(_: Kind, object: T): Promise<T> => {
      done.push(`apply ${object.metadata.namespace}/${object.metadata.name}`);
      return Promise.resolve(object);
    },
    remove: ({ namespace, name }: ObjectRef): Promise<void> => {
      if (refusal !== undefined) return Promise.reject(refusal);
      done.push(`remove ${namespace}/${name}`);
      return Promise.resolve();
    },
  };

  async function makeIssuers(): Promise<PlannedIssuers> {
    const issuer = await FakeIssuer.ready(clock);
    const running = Object.assign(issuer, { run: untilAborted }) as unknown as RunningIssuer;
    const issuers = new PlannedIssuers(() => running, silentLogger);
    const root = makeNamedRoot('weft-root-1', issuer.authority()?.bundle.pem);
    issuers.follow({
      step: 1,
      ...{ signer: root, signerStep: 1, serverSigner: root, serverStep: 1 },
      ...{ trusted: [root], trustedStep: 1, candidate: undefined },
    });
    return issuers;
  }

  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    [wish, known, refusal, done, reports] = [asked, undefined, undefined, [], 0];
    over = new AbortController();
    const issuers = await makeIssuers();
    keeper = new GatewayKeeper({
      ...{ client, clock, random: () => 0.5, logger: silentLogger, issuers },
      wish: () => wish,
      before: () => (known instanceof WeftError ? Promise.reject(known) : Promise.resolve(known)),
      onReport: () => (reports += 1),
    });
  });
  afterEach(async () => {
    over.abort();
    await ended;
  });

  async function start(): Promise<void> {
    ended = keeper.run(over.signal);
    await settle();
  }
  /** Until nothing happens any more that takes no more than this time; signing takes some of ours. */
  async function pass(ms: number): Promise<void> {
    const applied = done.length;
    for (let turn = 0; turn < 50 && done.length === applied; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await settle();
    }
    await clock.advance(ms);
  }
  async function turnTo(next: GatewayWish | undefined): Promise<void> {
    wish = next;
    keeper.trigger();
    await settle();
  }

  it('removes the Secret that it wrote when the mesh ends, says so, and writes none again', async () => {
    await start();
    await pass(1_000);
    expect(done).toEqual(['apply edge/gateway-cert']);
    expect(keeper.report()).toMatchObject({ gateway: { name: 'gateway-cert' } });
    const told = reports;
    await turnTo(ends);
    expect(done).toEqual(['apply edge/gateway-cert', 'remove edge/gateway-cert']);
    expect(keeper.report()).toEqual({ released: true });
    expect(reports).toBeGreaterThan(told);
    await clock.advance(60_000);
    expect(done).toHaveLength(2);
  });

  it('removes at the end what an earlier leader wrote, and nothing that nobody wrote', async () => {
    [wish, known] = [ends, before];
    await start();
    expect(done).toEqual(['remove edge/old-cert']);
    over.abort();
    await ended;
    [known, done, over] = [undefined, [], new AbortController()];
    await start();
    expect(done).toEqual([]);
    expect(keeper.report()).toEqual({ released: true });
  });

  it('says why a Secret cannot be removed, until it can', async () => {
    [wish, known, refusal] = [ends, before, forbidden];
    await start();
    const since = clock.now();
    const { code, message } = forbidden;
    const trouble = { code, message, since };
    expect(keeper.report()).toEqual({ gateway: { ...before, trouble } });
    await clock.advance(6_000);
    expect(keeper.report()).toEqual({ gateway: { ...before, trouble } });
    refusal = undefined;
    await clock.advance(6_000);
    expect(keeper.report()).toEqual({ released: true });
  });

  it('does nothing, and says nothing, before it knows what is wanted and what was written', async () => {
    [wish, known] = [undefined, new WeftError('api-unavailable', 'it is away')];
    await start();
    expect(keeper.report()).toBeUndefined();
    known = before;
    await clock.advance(6_000);
    expect(keeper.report()).toEqual({ gateway: before });
    expect(done).toEqual([]);
    await turnTo(ends);
    expect(done).toEqual(['remove edge/old-cert']);
  });

  it('keeps a Secret again when there is a mesh again', async () => {
    wish = ends;
    await start();
    expect(keeper.report()).toEqual({ released: true });
    await turnTo(asked);
    expect(keeper.report()).toEqual({});
    await clock.advance(1_000);
    await pass(1_000);
    expect(done).toEqual(['apply edge/gateway-cert']);
  });
});

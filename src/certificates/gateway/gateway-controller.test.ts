import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeNamedRoot } from '../../../test/support/builders/make-named-root.ts';
import { FakeClock, settle } from '../../../test/support/time/fake-clock.ts';
import { FakeIssuer } from '../../../test/support/issuers/fake-issuer.ts';
import type { GatewayReport } from '../../api/certificate-report.ts';
import type { KubernetesObject } from '../../api/core.ts';
import { gatewayOf } from '../../api/labels.ts';
import type { Kind } from '../../api/kinds.ts';
import type { RunningIssuer } from '../issuer.ts';
import { PlannedIssuers } from '../plan/planned-issuers.ts';
import { untilAborted } from '../../common/aborted.ts';
import { WeftError } from '../../common/errors.ts';
import { silentLogger } from '../../common/logger.ts';
import type { ObjectRef } from '../../kubernetes/api-client.ts';
import { GatewayController, type WantedGateway } from './gateway-controller.ts';
import type { StoredSecret } from './gateway-owned.ts';

const asked: WantedGateway = {
  gateway: {
    subjectAltNames: ['a.example'],
    validityDuration: '1h',
    secret: { namespace: 'edge', name: 'gateway-cert' },
  },
  ending: false,
};
const rootKey = { namespace: 'weft-system', name: 'root-key' };
const ends: WantedGateway = { gateway: undefined, ending: true };
const before: GatewayReport = {
  namespace: 'edge',
  name: 'old-cert',
  trustedStep: 1,
  signerStep: 1,
};
const secretOf = (name: string, metadata: Partial<StoredSecret['metadata']>): StoredSecret => ({
  ...{
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'edge', uid: name, ...metadata },
  },
});
const forbidden = new WeftError('api-rejected', 'it is forbidden');

describe("the controller of the gateway's Secret", () => {
  let clock: FakeClock;
  let wish: WantedGateway | undefined;
  /** What was reported before, or why it cannot be read. */
  let known: GatewayReport | WeftError | undefined;
  let refusal: WeftError | undefined;
  let done: string[];
  let reports: number;
  let controller: GatewayController;
  let over: AbortController;
  let ended: Promise<unknown>;

  /** What is in the place of each Secret, if anything, by the words that the controller goes by. */
  let stored: Map<string, StoredSecret>;

  const client = {
    get: <T extends KubernetesObject>({ namespace, name }: ObjectRef): Promise<T | undefined> =>
      Promise.resolve(stored.get(`${namespace}/${name}`) as unknown as T | undefined),
    apply: <T extends KubernetesObject>(_: Kind, object: T): Promise<T> => {
      const place = `${object.metadata.namespace}/${object.metadata.name}`;
      done.push(`apply ${place}`);
      stored.set(place, object as unknown as StoredSecret);
      return Promise.resolve(object);
    },
    remove: ({ namespace, name }: ObjectRef): Promise<void> => {
      if (refusal !== undefined) return Promise.reject(refusal);
      done.push(`remove ${namespace}/${name}`);
      stored.delete(`${namespace}/${name}`);
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
    stored = new Map([
      ['edge/old-cert', secretOf('old-cert', { labels: { [gatewayOf]: 'weft-system' } })],
    ]);
    over = new AbortController();
    const issuers = await makeIssuers();
    controller = new GatewayController({
      ...{ client, clock, random: () => 0.5, logger: silentLogger, issuers, owners: () => [] },
      home: 'weft-system',
      holdsRoot: ({ name }) => name === 'root-key',
      wish: () => wish,
      before: () =>
        known instanceof WeftError
          ? Promise.reject(known)
          : Promise.resolve(known && { gateway: known }),
    });
    controller.follow(() => (reports += 1));
  });
  afterEach(async () => {
    over.abort();
    await ended;
  });

  async function start(): Promise<void> {
    ended = controller.run(over.signal);
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
  async function turnTo(next: WantedGateway | undefined): Promise<void> {
    wish = next;
    controller.trigger();
    await settle();
  }

  it('removes the Secret that it wrote when the mesh ends, says so, and writes none again', async () => {
    await start();
    await pass(1_000);
    expect(done).toEqual(['apply edge/gateway-cert']);
    expect(controller.report()).toMatchObject({ gateway: { name: 'gateway-cert' } });
    const reportsBefore = reports;
    await turnTo(ends);
    expect(done).toEqual(['apply edge/gateway-cert', 'remove edge/gateway-cert']);
    expect(controller.report()).toEqual({ released: true });
    expect(reports).toBeGreaterThan(reportsBefore);
    await clock.advance(60_000);
    expect(done).toHaveLength(2);
  });

  it('writes nothing to a Secret that a root lives on', async () => {
    wish = { gateway: { ...asked.gateway, secret: rootKey }, ending: false } as WantedGateway;
    await start();
    await pass(20_000);
    expect(done).toEqual([]);
    expect(controller.report()).toEqual({
      gatewayTrouble: {
        code: 'configuration-invalid',
        message: expect.stringMatching(/a root of the mesh/),
        since: expect.any(Number),
      },
    });
    await turnTo(asked);
    await pass(1_000);
    expect(controller.report()).not.toHaveProperty('gatewayTrouble');
    expect(done).toEqual(['apply edge/gateway-cert']);
  });

  const applied = (manager: string, operation = 'Apply', key = 'f:tls.key') => ({
    managedFields: [{ manager, operation, fieldsV1: { 'f:data': { [key]: {} } } }],
  });
  it.each([
    ['that has no word of ours', {}],
    ['of another mesh', { labels: { [gatewayOf]: 'other' }, ...applied('weft-control-plane') }],
    ['that another applied', applied('helm')],
    ['that we created and did not apply', applied('weft-control-plane', 'Update')],
  ])('writes and deletes no Secret %s, and says why', async (_, metadata) => {
    const theirs = secretOf('gateway-cert', metadata);
    stored.set('edge/gateway-cert', theirs);
    await start();
    await pass(6_000);
    expect(controller.report()?.gatewayTrouble?.message).toMatch(
      /Secret edge\/gateway-cert already exists .* name another Secret in spec.certificate.ingressGateway.secret/,
    );
    known = { ...before, name: 'gateway-cert' };
    over.abort();
    await ended;
    over = new AbortController();
    await start();
    await turnTo(ends);
    expect(stored.get('edge/gateway-cert')).toBe(theirs);
    expect(controller.report()).toEqual({ released: true });
    expect(done).toEqual([]);
  });

  it('goes on with a Secret that was written before there was a label', async () => {
    stored.set('edge/gateway-cert', secretOf('gateway-cert', applied('weft-control-plane')));
    await start();
    await pass(1_000);
    expect(done).toEqual(['apply edge/gateway-cert']);
    expect(stored.get('edge/gateway-cert')?.metadata.labels).toMatchObject({
      [gatewayOf]: 'weft-system',
    });
  });

  it('writes the wanted Secret while another Secret cannot be removed', async () => {
    [known, refusal] = [before, forbidden];
    await start();
    await pass(1_000);
    expect(done).toEqual(['apply edge/gateway-cert']);
    expect(controller.report()).toMatchObject({
      gateway: { name: 'gateway-cert' },
      gatewaysLeft: [{ name: 'old-cert', trouble: { message: forbidden.message } }],
    });
    refusal = undefined;
    await clock.advance(6_000);
    expect(done).toContain('remove edge/old-cert');
    expect(controller.report()).not.toHaveProperty('gatewaysLeft');
  });

  it('removes at the end what an earlier leader wrote, and no Secret that no leader wrote', async () => {
    [wish, known] = [ends, before];
    await start();
    expect(done).toEqual(['remove edge/old-cert']);
    over.abort();
    await ended;
    [known, done, over] = [undefined, [], new AbortController()];
    await start();
    expect(done).toEqual([]);
    expect(controller.report()).toEqual({ released: true });
  });

  it('says why a Secret cannot be removed, until it can', async () => {
    [wish, known, refusal] = [ends, before, forbidden];
    await start();
    const since = clock.now();
    const { code, message } = forbidden;
    const trouble = { code, message, since };
    expect(controller.report()).toEqual({ gatewaysLeft: [{ ...before, trouble }] });
    await clock.advance(6_000);
    expect(controller.report()).toEqual({ gatewaysLeft: [{ ...before, trouble }] });
    refusal = undefined;
    await clock.advance(6_000);
    expect(controller.report()).toEqual({ released: true });
  });

  it('does and reports nothing before it knows the wanted Secret and the written Secret', async () => {
    [wish, known] = [undefined, new WeftError('api-unavailable', 'it is away')];
    await start();
    expect(controller.report()).toBeUndefined();
    known = before;
    await clock.advance(6_000);
    expect(controller.report()).toEqual({ gateway: before });
    expect(done).toEqual([]);
    await turnTo(ends);
    expect(done).toEqual(['remove edge/old-cert']);
  });

  it('keeps a Secret again when there is a mesh again', async () => {
    wish = ends;
    await start();
    expect(controller.report()).toEqual({ released: true });
    await turnTo(asked);
    expect(controller.report()).not.toHaveProperty('released');
    await clock.advance(1_000);
    await pass(1_000);
    expect(done).toEqual(['apply edge/gateway-cert']);
  });
});

import { beforeEach, describe, expect, it } from '@jest/globals';
import { countBuilt } from '../../../test/support/xds/built-responses.ts';
import type { Proxy } from '../../policy/proxy.ts';
import {
  makeOrigin,
  makeResource,
  makeSet,
} from '../../../test/support/resources/resource-sets.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { type Origin, originKey } from '../../policy/origin.ts';
import { ResponseBytes } from '../delta/response-bytes.ts';
import { Session } from '../delta/session.ts';
import { type ResourceSet, type ResourceType, typeUrls } from '../resources/resource.ts';
import { type AdsCall, Connection } from '../server/connection.ts';
import { Connections } from '../server/connections.ts';
import { evidenceOf } from './evidence-of.ts';
import { noEvidence } from './evidence-wire.ts';
import { channelOrigin } from './evidence.ts';
import { noMetrics } from '../port/metrics.ts';

const request = {
  subscribe: [],
  unsubscribe: [],
  initialVersions: new Map<string, string>(),
  nonce: '',
  error: undefined,
};

describe('evidence', () => {
  let bytes: ResponseBytes;
  let connections: Connections;
  const noEntry = {
    admitted: () => undefined,
    refused: () => undefined,
    messageEnded: () => undefined,
    ended: () => undefined,
  };
  const suspects = new WeakSet<never>();

  beforeEach(() => {
    bytes = new ResponseBytes();
    connections = new Connections(() => undefined);
  });

  /** A proxy whose stream goes nowhere; it acknowledges only when it is told to. */
  function connect(pod: string, set?: ResourceSet): Connection {
    const session = new Session(bytes, suspects);
    const connection = new Connection({
      call: { write: () => true } as unknown as AdsCall,
      proxy: { pod, uid: pod, account: 'shop/cart' as IdentityKey, expires: 0 },
      session,
      metrics: noMetrics,
      now: 0,
      entry: noEntry,
      requestBurst: 10,
      byteBurst: 1_000,
    });
    connections.add(connection);
    if (set !== undefined) offer(connection, set);
    for (const type of ['cluster', 'listener'] as const) say(connection, type, {});
    return connection;
  }

  function offer(connection: Connection, set: ResourceSet): void {
    connection.offer(set);
    connections.note(connection);
  }

  function say(connection: Connection, type: ResourceType, more: Partial<typeof request>): void {
    connection.receive({ ...request, typeUrl: typeUrls[type], ...more }, type);
    connections.note(connection);
  }

  /** Answers the response that was built last, or the response before it. */
  function answer(connection: Connection, type: ResourceType, error?: string): void {
    const built = countBuilt(bytes);
    for (let nonce = 1; nonce <= built; nonce += 1)
      connection.receive(
        { ...request, typeUrl: typeUrls[type], nonce: String(nonce), error: error },
        type,
      );
    connections.note(connection);
  }

  const setOf = (origin: Origin, version = '1'): ResourceSet =>
    makeSet(makeResource('listener', 'l', { version, origins: [origin] }));
  const cart = (generation = 1): Origin => makeOrigin('cart', generation);
  const ofCart = () => evidenceOf(connections).objects.get(originKey(cart()));

  it('counts the proxies that an object concerns, and the proxies that acknowledged it', () => {
    const set = setOf(cart());
    const first = connect('shop/a', set);
    connect('shop/b', set);
    connect('shop/c', makeSet());
    expect(ofCart()).toMatchObject({ total: 2, acknowledged: 0 });
    answer(first, 'cluster');
    answer(first, 'listener');
    expect(ofCart()).toMatchObject({ total: 2, acknowledged: 1 });
    const whole = evidenceOf(connections);
    expect(whole).toMatchObject({ connected: 3, synced: 1, rejected: 0 });
    expect(whole.behind).toEqual(new Set(['shop/b', 'shop/c']));
  });

  it('counts a new generation with the same content as acknowledged at once', () => {
    const proxy = connect('shop/a', setOf(cart()));
    answer(proxy, 'cluster');
    answer(proxy, 'listener');
    offer(proxy, setOf(cart(2)));
    expect(ofCart()).toMatchObject({ origin: { generation: 2 }, total: 1, acknowledged: 1 });
  });

  it('counts apart the proxies that a switch need not wait for, and names the proxies it waits for', () => {
    const mesh: Origin = { kind: 'TrustBundle', namespace: '', name: 'mesh', generation: 3 };
    const set = setOf(mesh);
    for (let one = 0; one < 12; one += 1) connect(`evil/${one}`, set);
    connect('pending/a', set);
    connect('shop/slow', set);
    const well = connect('evil/well', set);
    answer(well, 'cluster');
    answer(well, 'listener');
    const standingOf = ({ pod }: Proxy) =>
      pod.startsWith('evil/') ? 'aside' : pod.startsWith('pending/') ? 'unstarted' : 'counts';
    expect(evidenceOf(connections, { standingOf }).objects.get(originKey(mesh))).toMatchObject({
      ...{ total: 15, acknowledged: 1, aside: 12, unstarted: 1, waiting: ['shop/slow'] },
    });
  });

  it('counts only the newest generation as in force', () => {
    for (const [pod, generation] of [
      ['shop/a', 2],
      ['shop/b', 1],
    ] as const) {
      const proxy = connect(pod, setOf(cart(generation)));
      answer(proxy, 'cluster');
      answer(proxy, 'listener');
    }
    expect(ofCart()).toMatchObject({ origin: { generation: 2 }, total: 2, acknowledged: 1 });
  });

  it('gives refusals in Envoy’s words, cut to a bound, and takes them back', () => {
    const proxy = connect('shop/a', setOf(cart()));
    answer(proxy, 'cluster');
    answer(proxy, 'listener', `bad filter ${'x'.repeat(5_000)}`);
    const refused = ofCart();
    expect(refused).toMatchObject({ total: 1, acknowledged: 0, rejected: 1 });
    expect(refused?.rejections).toMatchObject([{ pod: 'shop/a', resource: 'l' }]);
    expect(refused?.rejections[0]?.message).toHaveLength(1_000);
    expect(evidenceOf(connections).rejected).toBe(1);
    offer(proxy, setOf(cart(2), '2'));
    answer(proxy, 'listener');
    expect(ofCart()).toMatchObject({ acknowledged: 1, rejected: 0, rejections: [] });
    expect(evidenceOf(connections)).toMatchObject({ synced: 1, rejected: 0 });
  });

  it('names proxies that have not acknowledged', () => {
    const proxy = connect('shop/b', setOf(cart()));
    connect('shop/a', setOf(cart()));
    answer(proxy, 'cluster');
    answer(proxy, 'listener');
    expect(ofCart()).toMatchObject({ acknowledged: 1, waiting: ['shop/a'] });
  });

  it('names proxies that were not offered the newest step of objects that concern all proxies', () => {
    const everyone = (generation: number): Origin => ({
      ...{ kind: 'TrustBundle', namespace: '', name: 'mesh' },
      generation,
    });
    for (const [pod, generation] of [
      ['shop/a', 2],
      ['shop/b', 1],
    ] as const) {
      const proxy = connect(pod, setOf(everyone(generation)));
      answer(proxy, 'cluster');
      answer(proxy, 'listener');
    }
    connect('shop/c');
    expect(evidenceOf(connections).objects.get(originKey(everyone(2)))).toMatchObject({
      total: 2,
      acknowledged: 1,
      waiting: ['shop/b', 'shop/c'],
    });
  });

  it('counts streams that were opened on the newest certificate of the server', () => {
    const channel = () => evidenceOf(connections).objects.get(originKey(channelOrigin));
    const first = connect('shop/a');
    connect('shop/b');
    expect(channel()).toBeUndefined();
    connections.keepConnections(1);
    expect(channel()).toMatchObject({ total: 2, acknowledged: 2 });
    connections.rotateConnections(2);
    expect(channel()).toMatchObject({ total: 2, acknowledged: 0, waiting: ['shop/a', 'shop/b'] });
    connections.remove(first);
    connect('shop/a');
    expect(channel()).toMatchObject({
      origin: { generation: 2 },
      total: 2,
      acknowledged: 1,
      waiting: ['shop/b'],
    });
  });

  it('says which pods have a stream, and what was published last', () => {
    connect('shop/a', setOf(cart()));
    const before = evidenceOf(connections, { step: 7 });
    expect(before).toMatchObject({ step: 7 });
    expect([...before.streams]).toEqual([['shop/a', { pod: 'shop/a', opened: 0 }]]);
    expect(evidenceOf(connections).streams).toBe(before.streams);
    connect('shop/b');
    expect([...evidenceOf(connections).streams.keys()]).toEqual(['shop/a', 'shop/b']);
  });

  it('forgets proxies that left', () => {
    const proxy = connect('shop/a', setOf(cart()));
    connections.remove(proxy);
    expect(evidenceOf(connections)).toEqual(noEvidence);
    expect(connections.groups.size + connections.unsettled.size).toBe(0);
  });
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { KubernetesObject } from '../../src/api/core.ts';
import { makeNamespace } from '../support/builders/make-object.ts';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficTarget,
} from '../support/builders/make-policy.ts';
import { leading, podObject } from '../support/envoy/half-joined-objects.ts';
import { type LiveMesh, liveMesh } from '../support/envoy/live-mesh.ts';
import { type TestMesh, type TestPod, startMesh } from '../support/envoy/pod.ts';
import {
  type HeldStreams,
  StreamPrograms,
  type SteadyCalls,
  streamKinds,
} from '../support/envoy/stream-programs.ts';
import { sessionTalk } from '../support/envoy/session-talk.ts';
import { until } from '../support/time/until.ts';
import { letPass } from '../support/time/let-pass.ts';

jest.setTimeout(180_000);

const namespace = 'shop';
const clusterIp = '10.96.7.1';
const everybody = ['shop/client', 'shop/bystander'];
const httpKinds = ['grpc', 'http', 'websocket'];

/** What the objects of a test say, where it is not the same all along. */
interface ClusterOptions {
  /** The callers that may open streams, beside /quick, which every caller may request. */
  readonly streams: readonly string[];
  /** Other requests than /quick, for all callers, by a match of the group that both targets name. */
  readonly wide?: boolean;
  /** Two TrafficTargets say the same of TCP, or one. */
  readonly twice?: boolean;
  readonly more?: readonly KubernetesObject[];
}

const quick = { name: 'quick', pathRegex: '/quick', methods: ['GET'] } as const;
const all = { name: 'all', pathRegex: '.*', methods: ['*'] } as const;

describe('case 11: a client that loses one permission of several', () => {
  let mesh: TestMesh;
  let live: LiveMesh;
  const talk = sessionTalk();
  const pods: Record<string, TestPod> = {};
  let programs: StreamPrograms;

  function cluster({
    streams,
    wide = false,
    twice = true,
    more = [],
  }: ClusterOptions): KubernetesObject[] {
    const http = (group: string) => ({ kind: 'HTTPRouteGroup' as const, name: group });
    const target = (
      name: string,
      from: readonly string[],
      rule: { kind: 'HTTPRouteGroup' | 'TCPRoute'; name: string },
    ) => makeTrafficTarget({ name, to: 'server', namespace, from, rules: [rule] });
    return [
      makeNamespace(namespace),
      ...['client', 'bystander', 'server'].map((name) =>
        podObject(pods[name]!, { name, app: name, namespace }),
      ),
      ...leading({
        ...{ name: 'server', namespace, clusterIP: clusterIp, selector: { app: 'server' } },
        pods: { server: pods['server']!.address },
        ports: [
          { name: 'http', port: 80, targetPort: 8080 },
          { name: 'tcp-sessions', port: 7000 },
          { name: 'tcp-server-first', port: 7001 },
        ],
      }),
      makeRouteGroup({ name: 'shared', namespace, matches: wide ? [quick, all] : [quick] }),
      makeRouteGroup({ name: 'streams', namespace, matches: [all] }),
      makeTcpRoute({ name: 'sessions', namespace, ports: [7000, 7001] }),
      target('quick', everybody, http('shared')),
      ...(streams.length > 0 ? [target('streams', streams, http('streams'))] : []),
      target('sessions', everybody, { kind: 'TCPRoute', name: 'sessions' }),
      ...(twice ? [target('too', everybody, { kind: 'TCPRoute', name: 'sessions' })] : []),
      ...more,
    ];
  }

  /** Applies the objects, waits until all is acknowledged, and then longer than a drain takes. */
  async function apply(options: ClusterOptions): Promise<void> {
    await live.apply(cluster(options), { permissive: false, egress: false, ipv6: false });
    for (const node of Object.keys(pods))
      await until(() => mesh.ads.connected(node) && mesh.ads.unanswered(node) === 0);
    await letPass(4_500, 'longer than a drain takes here');
  }

  const hold = (node: string): HeldStreams => programs.hold(pods[node]!);
  /** Asks for what stays allowed, all along; gives the failures. */
  const ask = (node: string): SteadyCalls => programs.calls(pods[node]!, 'ask');

  /** The server's inbound listener as Envoy has it, in all but the time. */
  async function listenerInForce(): Promise<unknown> {
    const page = await pods['server']!.admin('/config_dump?resource=dynamic_listeners');
    const { configs } = JSON.parse(page) as {
      configs: { name: string; active_state: { version_info: string; listener: unknown } }[];
    };
    return configs.find(({ name }) => name === 'inbound')?.active_state.listener;
  }

  beforeAll(async () => {
    mesh = await startMesh(talk.begin);
    live = liveMesh(mesh);
    for (const name of ['server', 'client', 'bystander']) pods[name] = await mesh.pod(name);
    programs = new StreamPrograms(mesh.directory, clusterIp);
    await programs.serve(pods['server']!);
    await apply({ streams: everybody });
    await Promise.all(Object.values(pods).map((pod) => pod.ready()));
  }, 60_000);

  afterAll(async () => {
    expect(mesh.ads.nacks).toEqual([]);
    await programs.stop();
    await mesh.stop();
  });

  it('loses only the streams that this rule alone allowed, and no other caller loses a stream', async () => {
    await apply({ streams: everybody });
    const before = await listenerInForce();
    const [client, bystander] = [hold('client'), hold('bystander')];
    const asking = [ask('client'), ask('bystander')];
    await Promise.all([client.open(), bystander.open()]);
    await apply({ streams: ['shop/bystander'] });
    expect(await client.letGo()).toEqual({ opened: streamKinds, ended: httpKinds });
    expect(await bystander.letGo()).toEqual({ opened: streamKinds, ended: [] });
    for (const one of asking) expect(await one.letGo()).toEqual([]);
    expect((await pods['client']!.get(`http://${clusterIp}/watch`)).status).toBe(403);
    expect(await listenerInForce()).toEqual(before);
  });

  it('loses them by a narrower HTTPRouteGroup that several TrafficTargets name', async () => {
    await apply({ streams: [], wide: true });
    const [client, bystander] = [hold('client'), hold('bystander')];
    const asking = ask('client');
    await Promise.all([client.open(), bystander.open()]);
    await apply({ streams: ['shop/bystander'], wide: false });
    expect(await client.letGo()).toEqual({ opened: streamKinds, ended: httpKinds });
    // The same is still allowed to it, by another TrafficTarget.
    expect(await bystander.letGo()).toEqual({ opened: streamKinds, ended: [] });
    expect(await asking.letGo()).toEqual([]);
  });

  it('loses them while the server is away from the control plane, when it is back', async () => {
    await apply({ streams: everybody });
    const [client, bystander] = [hold('client'), hold('bystander')];
    await Promise.all([client.open(), bystander.open()]);
    talk.hangUp();
    await apply({ streams: ['shop/bystander'] });
    expect(await client.letGo()).toEqual({ opened: streamKinds, ended: httpKinds });
    expect(await bystander.letGo()).toEqual({ opened: streamKinds, ended: [] });
  });

  it('loses nothing by what is added, renamed, or said twice and then once', async () => {
    await apply({ streams: everybody });
    const held = [hold('client'), hold('bystander')];
    for (const one of held) await one.open();
    await apply({ streams: everybody, wide: true });
    await apply({ streams: [], wide: true });
    await apply({ streams: everybody, wide: true, twice: false });
    talk.hangUp();
    await apply({ streams: everybody, twice: false, more: [makeTcpRoute({ namespace })] });
    for (const one of held) expect(await one.letGo()).toEqual({ opened: streamKinds, ended: [] });
  });
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { IdentityKey } from '../../src/policy/identity.ts';
import { type ServiceKey, serviceKey } from '../../src/policy/service.ts';
import type { Split } from '../../src/policy/split.ts';
import type { OutboundView } from '../../src/policy/view.ts';
import {
  account,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeMatch,
  makeOutbound,
  makePort,
  makeReachable,
  makeRule,
  makeServed,
  makeService,
} from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { type TestMesh, type TestPod, startMesh } from '../support/envoy/pod.ts';
import { type HeldStreams, StreamPrograms, streamKinds } from '../support/envoy/stream-programs.ts';
import { until } from '../support/time/until.ts';
import { letPass } from '../support/time/let-pass.ts';

const clusterIp = '10.96.0.40';
const [strict, permissive] = [makeSettings(), makeSettings({ permissive: true })];
const ports = [makePort(80), makePort(7000, 'tcp'), makePort(7001, 'tcp-server-first')];
const podPorts = [8080, 7000, 7001];
const names = ['bookstore', 'v1', 'v2'] as const;
const store = (name: string, ip: string): ReturnType<typeof makeService> =>
  makeService(name, { namespace: 'bookstore', addresses: [ip], ports });
const services = names.map((name, index) => ({
  ...store(name, index === 0 ? clusterIp : `10.96.0.4${String(index)}`),
  accounts: [account('bookstore')],
}));
const [client, bystander] = [account('client'), account('bystander')];
const outsMs = 30_000;

jest.setTimeout(300_000);

type Settings = typeof strict;

/** What a caller sees: the service, perhaps a split, perhaps pods of one account more behind it. */
interface Seen {
  readonly weights?: readonly [number, number];
  readonly more?: readonly IdentityKey[];
  readonly nothing?: true;
}

function outbound(
  caller: IdentityKey,
  { weights, more = [], nothing }: Seen,
  settings: Settings = strict,
): OutboundView {
  const split: Split | undefined = weights && {
    origins: [],
    apex: services[0]!.key,
    backends: weights.map((weight, index) => ({
      service: services[index + 1]!.key,
      weight,
      ports: ports.map(({ port }) => port),
    })),
  };
  const reachable = services.map((service, index) =>
    makeReachable(service, {
      accounts: [...service.accounts, ...more].sort(),
      split: index === 0 ? split : undefined,
    }),
  );
  const all = nothing ? [] : reachable;
  return makeOutbound({ account: caller, services: all, settings });
}

/** What the server allows and is called. */
interface Served {
  readonly sources: readonly IdentityKey[];
  readonly called?: readonly ServiceKey[];
  readonly rules?: ReturnType<typeof makeRule>[];
  readonly settings?: Settings;
}

function inbound({ sources, called = [services[0]!.key], rules = [], settings = strict }: Served) {
  const [http = 0, tcp = 0, first = 0] = podPorts;
  return makeInbound({
    settings,
    rules: [makeRule('all', { sources }), ...rules],
    served: [
      makeServed(first, { protocol: 'tcp-server-first', services: called }),
      makeServed(tcp, { protocol: 'tcp', services: called }),
      makeServed(http, { services: called }),
    ],
  });
}

describe('case 11, case D1: what is cut', () => {
  let mesh: TestMesh;
  const pods: Record<string, TestPod> = {};
  let programs: StreamPrograms;

  /** Gives the server and both callers something else, and waits longer than a drain takes. */
  async function change(served: Served, seen: Seen, ofClient: Seen = seen): Promise<void> {
    const { settings = strict } = served;
    await mesh.offer('bookstore', {
      inbound: inbound(served),
      outbound: makeOutbound({ account: account('bookstore'), settings }),
    });
    for (const [caller, sees] of [
      [bystander, seen],
      [client, ofClient],
    ] as const) {
      await mesh.offer(nodeOf(caller), {
        inbound: makeInbound({ account: caller, settings }),
        outbound: outbound(caller, sees, settings),
      });
    }
    for (const node of Object.keys(pods)) await until(() => mesh.ads.unanswered(node) === 0);
    await letPass(4_000, 'longer than a drain takes here');
  }

  const hold = (node: string): HeldStreams => programs.hold(pods[node]!);
  const nodeOf = (caller: IdentityKey): string => caller.split('/')[1]!;
  const both: Served = { sources: [bystander, client] };
  const three: Served = { ...both, called: names.map((name) => serviceKey('bookstore', name)) };

  beforeAll(async () => {
    mesh = await startMesh();
    for (const name of ['bookstore', 'client', 'bystander']) pods[name] = await mesh.pod(name);
    const list = ports.flatMap(({ port }, index) =>
      names.map((name): [string, ReturnType<typeof makeEndpoint>[]] => [
        `bookstore/${name}|${String(port)}`,
        [makeEndpoint(pods['bookstore']!.address, podPorts[index]!)],
      ]),
    );
    mesh.endpoints = makeEndpoints(Object.fromEntries(list));
    programs = new StreamPrograms(mesh.directory, clusterIp);
    await programs.serve(pods['bookstore']!);
    await change(both, {});
    await Promise.all(Object.values(pods).map((pod) => pod.ready()));
  }, outsMs * 3);

  afterAll(async () => {
    expect(mesh.ads.nacks).toEqual([]);
    await programs.stop();
    await mesh.stop();
  });

  it('case D1, case 11: no connection by additions, by a canary, or by new certificates', async () => {
    const held = [hold('client'), hold('bystander')];
    for (const one of held) await one.open();
    const more = { sources: [...both.sources, account('third')] };
    await change(more, {});
    await change(
      { ...more, rules: [makeRule('also', { http: [makeMatch()], ports: [8080] })] },
      {},
    );
    await change(three, {});
    await change(three, { weights: [90, 10] });
    await change(three, { weights: [10, 90] });
    await change(three, {});
    await change(both, {});
    await change(both, { more: [account('bookstore-v2', 'bookstore')] });
    for (const caller of [client, bystander]) {
      const renewed = await mesh.authority.secrets(caller);
      const view = {
        inbound: makeInbound({ account: caller, settings: strict }),
        outbound: outbound(caller, {}),
      };
      await mesh.offer(nodeOf(caller), view, renewed);
    }
    await letPass(3_000, 'new certificates would have ended streams');
    for (const one of held) expect(await one.letGo()).toEqual({ opened: streamKinds, ended: [] });
  });

  it('case 11: the revoked client, by the server alone, and no other client', async () => {
    await change(both, {});
    const [revoked, other] = [hold('client'), hold('bystander')];
    await Promise.all([revoked.open(), other.open()]);
    // Its own sidecar keeps the configuration that let it out, as an attacker's would.
    await change({ sources: [bystander] }, {});
    expect(await revoked.letGo()).toEqual({ opened: streamKinds, ended: streamKinds });
    expect(await other.letGo()).toEqual({ opened: streamKinds, ended: [] });
    expect((await pods['client']!.get(`http://${clusterIp}/`)).status).toBe(403);
    const greeting = `exec 3<>/dev/tcp/${clusterIp}/7001; timeout 2 head -c1 <&3 || true`;
    expect(await pods['client']!.exec(['bash', '-c', greeting])).toBe('');
    // Granted again, what was refused on a connection of its own is answered on the next one.
    await change(both, {});
    const again = hold('client');
    await again.open();
    expect(await again.letGo()).toEqual({ opened: streamKinds, ended: [] });
  });

  it('case 11: the revoked client, by its own sidecar alone', async () => {
    await change(both, {});
    const [revoked, other] = [hold('client'), hold('bystander')];
    await Promise.all([revoked.open(), other.open()]);
    await change(both, {}, { nothing: true });
    expect(await revoked.letGo()).toEqual({ opened: streamKinds, ended: streamKinds });
    expect(await other.letGo()).toEqual({ opened: streamKinds, ended: [] });
  });

  it('case 11: no connection when permissive mode is turned on, and when it is turned off only those that it alone allowed', async () => {
    await change(both, {});
    const named = [hold('client'), hold('bystander')];
    for (const one of named) await one.open();
    await change({ ...both, settings: permissive }, {});
    await change(both, {});
    for (const one of named) expect(await one.letGo()).toEqual({ opened: streamKinds, ended: [] });
    const one: Served = { sources: [bystander] };
    await change({ ...one, settings: permissive }, {});
    const [unnamed, other] = [hold('client'), hold('bystander')];
    await Promise.all([unnamed.open(), other.open()]);
    await change(one, {});
    expect(await unnamed.letGo()).toEqual({ opened: streamKinds, ended: streamKinds });
    expect(await other.letGo()).toEqual({ opened: streamKinds, ended: [] });
  });
});

import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { serviceKey } from '../../src/policy/service.ts';
import type { Split } from '../../src/policy/split.ts';
import type { ReachableService } from '../../src/policy/view.ts';
import {
  account,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeOutbound,
  makePort,
  makeReachable,
  makeServed,
  makeServer,
  makeService,
} from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';

jest.setTimeout(60_000);

const settings = makeSettings({ permissive: true, ipv6: true });
const headless = { addresses: [], headless: true, namespace: 'db', accounts: [account('db')] };
const ports = [makePort(8080), makePort(7001, 'tcp-server-first')];
const first = makeService('first', { ...headless, ports });
const second = makeService('second', { ...headless, ports });
const other = makeService('other', {
  namespace: 'db',
  accounts: [account('db')],
  addresses: ['10.96.0.40', 'fd00:96::40'],
  ports: [makePort(8080)],
});

describe('headless and dual-stack services', () => {
  const mesh = meshOfTests();
  let caller: TestPod;
  const pods: TestPod[] = [];
  const url = (pod: TestPod): string => `http://${pod.address}:8080/`;

  async function reach(...services: ReachableService[]): Promise<void> {
    await mesh().offer('caller', {
      inbound: makeInbound({ account: account('caller'), rules: 'any', settings }),
      outbound: makeOutbound({ account: account('caller'), services, settings }),
    });
  }

  beforeAll(async () => {
    caller = await mesh().pod('caller');
    for (const name of ['db-0', 'db-1']) pods.push(await mesh().pod(name));
    const at = (port: number): ReturnType<typeof makeEndpoint>[] =>
      pods.map((pod) => makeEndpoint(pod.address, port, account('db')));
    mesh().endpoints = makeEndpoints({
      'db/first|8080': at(8080),
      'db/first|7001': at(7001),
      'db/second|8080': at(8080),
      'db/second|7001': at(7001),
      'db/other|8080': [makeEndpoint(pods[1]!.address6, 8080, account('db'))],
    });
    const services = [first, second, other].map(({ key }) => key).sort();
    for (const [index, pod] of pods.entries()) {
      await mesh().offer(
        `db-${String(index)}`,
        makeServer({
          account: account('db'),
          served: [
            makeServed(7001, { protocol: 'tcp-server-first', services }),
            makeServed(8080, { services }),
          ],
          rules: 'any',
          settings,
        }),
      );
      await pod.serve('greeter', 7001);
    }
    await pods[0]!.serve('http', 8080);
    await pods[1]!.serve('http', 8080, '::1');
    await reach(makeReachable(first), makeReachable(other), makeReachable(second));
    await Promise.all([caller, ...pods].map((pod) => pod.ready()));
  });

  it('reaches the very pod that was dialled, under any name, though two services share it', async () => {
    for (const [index, pod] of pods.entries()) {
      for (const host of [`db-${String(index)}.first.db.svc.cluster.local`, 'second.db', 'x']) {
        const reply = await caller.get(url(pod), '-H', `host: ${host}:8080`);
        expect([reply.status, reply.seen.name]).toEqual([200, `db-${String(index)}`]);
      }
    }
  });

  it('reaches its opaque ports too', async () => {
    const script = `timeout 3 cat < /dev/tcp/${pods[1]!.address}/7001`;
    expect(await caller.exec(['bash', '-c', script])).toBe('hello from db-1\n');
  });

  it('is reached by IPv6 from listener to application', async () => {
    const reply = await caller.get('http://[fd00:96::40]:8080/');
    expect([reply.status, reply.seen.name]).toEqual([200, 'db-1']);
    expect((await caller.get('http://10.96.0.40:8080/')).seen.name).toBe('db-1');
  });

  it('follows its split, but for a pod that is named', async () => {
    const split: Split = {
      origins: [],
      apex: serviceKey('db', 'first'),
      backends: [{ service: other.key, weight: 1, ports: [8080] }],
    };
    await reach(makeReachable(first, { split }), makeReachable(other));
    const by = async (host: string): Promise<string | undefined> =>
      (await caller.get(url(pods[0]!), '-H', `host: ${host}`)).seen.name;
    await until(() => by('first.db'), { holds: (answer) => answer === 'db-1' });
    expect(await by('db-0.first.db.svc.cluster.local')).toBe('db-0');
  });

  it('reaches no pod of an identity that is closed to the caller', async () => {
    await reach(makeReachable(first, { accounts: [] }), makeReachable(other));
    await until(async () => (await caller.get(url(pods[0]!))).status === 0);
  });
});

import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { serviceKey } from '../../src/policy/service.ts';
import type { Split } from '../../src/policy/split.ts';
import {
  account,
  makeCaller,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeOutbound,
  makePort,
  makeReachable,
  makeServed,
  makeService,
} from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';

const ports = [makePort(80), makePort(7000, 'tcp')];
const settings = makeSettings({ permissive: true });
const store = (name: string, ip: string): ReturnType<typeof makeService> =>
  makeService(name, { namespace: 'bookstore', addresses: [ip], ports });
const apex = store('bookstore', '10.96.0.30');
const versions = ['v1', 'v2', 'v3', 'v4'].map((name, index) =>
  store(name, `10.96.0.3${String(index + 1)}`),
);
const names = ['v1', 'v2'];

function splitOf(weights: Readonly<Record<string, number>>): Split {
  return {
    origins: [{ kind: 'TrafficSplit', namespace: 'bookstore', name: 'split', generation: 1 }],
    apex: apex.key,
    backends: Object.entries(weights).map(([name, weight]) => ({
      service: serviceKey('bookstore', name),
      weight,
      ports: ports.map(({ port }) => port),
    })),
  };
}

jest.setTimeout(60_000);

describe('a split between two versions', () => {
  const mesh = meshOfTests();
  const pods: Record<string, TestPod> = {};

  async function weigh(weights: Readonly<Record<string, number>>): Promise<void> {
    const services = [
      makeReachable(apex, { split: splitOf(weights) }),
      ...versions.slice(0, 2).map((version) => makeReachable(version)),
      makeReachable(versions[2]!, { accounts: [] }),
      makeReachable(versions[3]!),
    ];
    await mesh().offer('bookbuyer', makeCaller(account('bookbuyer'), services, settings));
  }

  /** How many of `count` requests each version answered; what was not answered counts as its status. */
  async function count(requests: number): Promise<Record<string, number>> {
    const urls = `http://10.96.0.30/[1-${String(requests)}]`;
    const output = await pods['bookbuyer']!.exec(['curl', '-s', '-w', '%{http_code}\n', urls]);
    const counts: Record<string, number> = {};
    for (const [, name, failed] of output.matchAll(/"name":"(v\d)"|(503)\n/g)) {
      const key = name ?? failed ?? '';
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }

  beforeAll(async () => {
    pods['bookbuyer'] = await mesh().pod('bookbuyer');
    for (const name of names) pods[name] = await mesh().pod(name);
    const list = (name: string, port: number): [string, ReturnType<typeof makeEndpoint>[]] => [
      `bookstore/${name}|${String(port)}`,
      [makeEndpoint(pods[name]!.address, port === 80 ? 8080 : 7000, account(name, 'bookstore'))],
    ];
    mesh().endpoints = makeEndpoints(
      Object.fromEntries(names.flatMap((name) => [list(name, 80), list(name, 7000)])),
    );
    for (const name of names) {
      const services = [serviceKey('bookstore', name)];
      await mesh().offer(name, {
        inbound: makeInbound({
          account: account(name, 'bookstore'),
          served: [makeServed(7000, { protocol: 'tcp', services }), makeServed(8080, { services })],
          rules: 'any',
          settings,
        }),
        outbound: makeOutbound({ settings }),
      });
      await pods[name]!.serve('http', 8080);
      await pods[name]!.serve('tcp', 7000);
    }
    await weigh({ v1: 50, v2: 50 });
    await Promise.all(Object.values(pods).map((pod) => pod.ready()));
  });

  it('shares requests by weight', async () => {
    const counts = await count(1000);
    // Five standard deviations of a fair coin on either side.
    expect(Math.abs((counts['v1'] ?? 0) - 500)).toBeLessThan(80);
    expect((counts['v1'] ?? 0) + (counts['v2'] ?? 0)).toBe(1000);
  });

  it('gives nothing to weight 0, from the next request on', async () => {
    await weigh({ v1: 0, v2: 1 });
    await until(async () => (await count(20))['v1'] === undefined);
    expect(await count(200)).toEqual({ v2: 200 });
  });

  it('refuses the share of a backend that is closed to the caller, and gives it to no other backend', async () => {
    await weigh({ v2: 50, v3: 50 });
    await until(async () => ((await count(20))['503'] ?? 0) > 0);
    const counts = await count(400);
    expect(Math.abs((counts['503'] ?? 0) - 200)).toBeLessThan(50);
    expect((counts['503'] ?? 0) + (counts['v2'] ?? 0)).toBe(400);
  });

  it('answers 503 to the share of a backend without endpoints, and gives it to no other backend', async () => {
    await weigh({ v2: 50, v4: 50 });
    await until(async () => ((await count(20))['503'] ?? 0) > 0);
    const counts = await count(400);
    expect(Math.abs((counts['503'] ?? 0) - 200)).toBeLessThan(50);
    expect((counts['503'] ?? 0) + (counts['v2'] ?? 0)).toBe(400);
  });

  it('leads a split of zeros nowhere', async () => {
    await weigh({ v1: 0, v2: 0 });
    await until(async () => (await count(10))['503'] === 10);
  });

  it('shares TCP connections by weight', async () => {
    await weigh({ v1: 1, v2: 1 });
    const script =
      'for i in $(seq 60); do exec 3<>/dev/tcp/10.96.0.30/7000; echo x >&3; cat <&3; exec 3<&-; done';
    const output = await pods['bookbuyer']!.exec(['bash', '-c', script]);
    const first = output.split('v1 got x').length - 1;
    expect(output.split('got x').length - 1).toBe(60);
    expect(Math.abs(first - 30)).toBeLessThan(20);
  });
});

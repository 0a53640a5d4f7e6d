import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { KubernetesObject } from '../../src/api/core.ts';
import { systemClock } from '../../src/common/clock.ts';
import { emptySnapshot } from '../../src/cluster/snapshot.ts';
import { Pipeline } from '../../src/control-plane/pipeline.ts';
import { Debouncer } from '../../src/control-plane/debouncer.ts';
import { localCluster } from '../../src/envoy/names.ts';
import type { IdentityKey } from '../../src/policy/identity.ts';
import { serviceKey } from '../../src/policy/service.ts';
import type { Resource } from '../../src/xds/resources/resource.ts';
import type { Proxy } from '../../src/policy/proxy.ts';
import { makeChange, makeRemoval, membership } from '../support/builders/make-mesh.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
} from '../support/builders/make-object.ts';
import { makeTrafficSplit } from '../support/builders/make-policy.ts';
import { account } from '../support/builders/make-view.ts';
import { StreamPrograms } from '../support/envoy/stream-programs.ts';
import { type TestMesh, type TestPod, startMesh } from '../support/envoy/pod.ts';
import { letPass } from '../support/time/let-pass.ts';
import { until } from '../support/time/until.ts';

jest.setTimeout(90_000);

const ip = '10.96.0.64';
const names = ['caller', 'blue', 'green'] as const;
const settings = makeSettings({ permissive: true });
const ports = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'tcp-talk', port: 7000 },
];
const slicePorts = [
  { name: 'http', port: 8080, protocol: 'TCP' as const },
  { name: 'tcp-talk', port: 7000, protocol: 'TCP' as const },
];

describe('requests while Services select other pods, as the control plane tells it', () => {
  let mesh: TestMesh;
  let pipeline: Pipeline;
  let debouncer: Debouncer;
  const pods: Record<string, TestPod> = {};
  let programs: StreamPrograms;

  const service = (name: string, app: string, clusterIP: string): KubernetesObject =>
    makeService({ name, app, clusterIP, ports });
  const slice = (name: string, pod: string): KubernetesObject =>
    makeEndpointSlice({ service: name, pods: { [pod]: pods[pod]!.address }, ports: slicePorts });

  function apply(...objects: readonly KubernetesObject[]): void {
    pipeline.gather(objects.map(makeChange));
    debouncer.trigger();
  }

  beforeAll(async () => {
    mesh = await startMesh();
    programs = new StreamPrograms(mesh.directory, ip);
    for (const name of names) pods[name] = await mesh.pod(name);
    const secrets = new Map<IdentityKey, readonly Resource[]>();
    for (const name of names) {
      const key = account(name, 'shop');
      secrets.set(key, await mesh.authority.secrets(key));
    }
    pipeline = new Pipeline({
      start: () => emptySnapshot(membership),
      settings: () => settings,
      secrets: { secretsOf: (key) => secrets.get(key) },
      publish: (setOf) => {
        for (const name of names) {
          const proxy = { uid: `uid-shop-${name}`, account: account(name, 'shop') };
          const set = setOf(proxy as unknown as Proxy);
          if (set === undefined) continue;
          // Callers are the last to hear of it, as some are in a large mesh.
          if (name === 'caller') setTimeout(() => mesh.ads.offer(name, set), 1_000);
          else mesh.ads.offer(name, set);
        }
      },
      onCompiled: () => undefined,
      now: () => Date.now(),
    });
    const failed = (error: unknown): never => {
      throw error;
    };
    const run = (): void => {
      const again = pipeline.run();
      if (again !== undefined) debouncer.triggerIn(again);
    };
    debouncer = new Debouncer(run, systemClock, failed);
    for (const name of ['blue', 'green']) await programs.serve(pods[name]!);
    apply(
      makeNamespace(),
      ...names.map((name) => makePod({ name, account: name, ip: pods[name]!.address })),
      service('web', 'blue', ip),
      slice('web', 'blue'),
    );
    await Promise.all(Object.values(pods).map((pod) => pod.ready()));
    await until(() => names.every((name) => mesh.ads.unanswered(name) === 0));
  });

  afterAll(async () => {
    expect(mesh.ads.nacks).toEqual([]);
    await programs.stop();
    await mesh.stop();
  });

  /** What failed of requests, on kept connections and on new ones, and of new TCP connections. */
  async function during(change: () => Promise<void>): Promise<readonly string[]> {
    const calls = (['ask', 'dial'] as const).map((how) => programs.calls(pods['caller']!, how));
    await letPass(1_000, 'calls before the change');
    await change();
    return (await Promise.all(calls.map((one) => one.letGo()))).flat();
  }

  it('none fails when the selector of a Service is changed', async () => {
    const failures = await during(async () => {
      apply(service('web', 'green', ip));
      await letPass(500, 'the EndpointSlice follows its Service');
      apply(slice('web', 'green'));
      await letPass(8_000, 'the pod that was left may go');
    });
    expect(failures).toEqual([]);
    const local = localCluster(serviceKey('shop', 'web'), 8080);
    expect(await pods['green']!.admin('/clusters')).toContain(local);
    expect(await pods['blue']!.admin('/clusters')).not.toContain(local);
  });

  it('none fails when a split and the Services of its backends are deleted', async () => {
    const split = makeTrafficSplit({ apex: 'web', backends: { canary: 1 } });
    const canary = [service('canary', 'blue', '10.96.0.65'), slice('canary', 'blue')];
    apply(...canary, split);
    const hasCanary = (page: string): boolean => page.includes('shop/canary');
    await until(() => pods['caller']!.admin('/clusters'), { holds: hasCanary });
    const failures = await during(async () => {
      pipeline.gather([...canary, split].map(makeRemoval));
      debouncer.trigger();
      await letPass(3_000, 'the caller hears of it a second later');
    });
    expect(failures).toEqual([]);
  });
});

import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { KubernetesObject } from '../../src/api/core.ts';
import type { MeshSettings } from '../../src/policy/mesh-settings.ts';
import { makeNamespace } from '../support/builders/make-object.ts';
import {
  makeTcpRoute,
  makeTrafficSplit,
  makeTrafficTarget,
} from '../support/builders/make-policy.ts';
import { leading, podObject } from '../support/envoy/half-joined-objects.ts';
import { type LiveMesh, liveMesh } from '../support/envoy/live-mesh.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { Reply, TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';
import { letPass } from '../support/time/let-pass.ts';

jest.setTimeout(120_000);

const namespace = 'half';
const http = [{ name: 'http-web', port: 8080 }];
const tcp = [{ name: 'tcp-talk', port: 7000 }];
const names = ['client', 'on', 'off', 'late'] as const;
type Name = (typeof names)[number];

const mesh = meshOfTests();
let live: LiveMesh;
let outside: TestPod;
const pods = {} as Record<Name, TestPod>;

beforeAll(async () => {
  live = liveMesh(mesh());
  for (const name of names) pods[name] = await mesh().pod(name, { sidecar: name !== 'off' });
  outside = await mesh().pod('outside', { sidecar: false });
  for (const pod of [pods.on, pods.off, pods.late, outside]) {
    await pod.serve('http', 8080);
    await pod.serve('tcp', 7000);
  }
  await live.apply(cluster(pods));
  await Promise.all([pods.client, pods.on, pods.late].map((pod) => pod.ready()));
});

/**
 * A namespace that is half joined: `off` is the pod behind service "off", `both` has it and "on". What
 * is in `late` has a sidecar: the workload behind "off" after its restart.
 */
function cluster(
  of: { off?: TestPod; late?: TestPod },
  more: readonly KubernetesObject[] = [],
): readonly KubernetesObject[] {
  const at = (pod: TestPod, of: { name: string; app: string; sidecar: boolean }) =>
    podObject(pod, { ...of, namespace, group: 'both' });
  const off = {
    ...(of.off === undefined ? {} : { off: of.off.address }),
    ...(of.late === undefined ? {} : { late: of.late.address }),
  };
  const both = { on: pods.on.address, ...off };
  const group = { group: 'both' };
  return [
    makeNamespace(namespace),
    podObject(pods.client, { name: 'client', app: 'client', namespace }),
    at(pods.on, { name: 'on', app: 'on', sidecar: true }),
    ...(of.off === undefined ? [] : [at(of.off, { name: 'off', app: 'off', sidecar: false })]),
    ...(of.late === undefined ? [] : [at(of.late, { name: 'late', app: 'off', sidecar: true })]),
    ...leading({
      ...{ name: 'off', namespace, clusterIP: '10.96.33.1', ports: [...http, ...tcp] },
      ...{ selector: { app: 'off' }, pods: off },
    }),
    ...leading({
      ...{ name: 'both', namespace, clusterIP: '10.96.33.2', ports: [...http, ...tcp] },
      ...{ selector: group, pods: both },
    }),
    ...leading({
      ...{ name: 'apex', namespace, clusterIP: '10.96.33.3', ports: http },
      ...{ selector: { app: 'nobody' }, pods: {} },
    }),
    makeTrafficSplit({ namespace, apex: 'apex', backends: { both: 1 } }),
    ...more,
  ];
}

const offUrl = 'http://10.96.33.1:8080/x';
const bothUrl = 'http://10.96.33.2:8080/x';

/** `<status> <pod> <mTLS or plaintext>` of that many requests, and how often each was seen. */
async function count(url: string, times: number): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (let n = 0; n < times; n += 1) {
    const key = summaryOf(await pods.client.get(url));
    seen[key] = (seen[key] ?? 0) + 1;
  }
  return seen;
}

function summaryOf({ status, seen }: Reply): string {
  if (status !== 200) return String(status);
  const peer = seen.headers?.['x-forwarded-client-cert'] ?? '';
  return `${status} ${seen.name} ${peer.includes('/ns/half/sa/client') ? 'mTLS' : `plain${peer}`}`;
}

/** Waits until Envoy has the offered configuration: that URL gives that answer. */
async function comes(url: string, answer: string): Promise<void> {
  let last = '';
  await until(async () => (last = summaryOf(await pods.client.get(url))) === answer, {
    seen: () => `${url} gave ${last}, not ${answer}`,
  });
}

async function say(address: string, port: number): Promise<string> {
  const script = `exec 3<>/dev/tcp/${address}/${port} && echo hi >&3 && timeout 3 cat <&3 || true`;
  return (await pods.client.exec(['bash', '-c', script])).trim();
}

/** Longer than the application keeps an idle connection. */
const idleMs = 7_000;

const strict: Partial<MeshSettings> = { permissive: false };
const everything = [{ kind: 'TCPRoute', name: 'any' } as const];
const opened = [
  makeTcpRoute({ name: 'any', namespace }),
  ...['on', 'off'].map((to) =>
    makeTrafficTarget({ to, namespace, from: ['half/client'], rules: everything }),
  ),
];

describe('case 33: a namespace that is half in the mesh', () => {
  it('is called as a whole in permissive mode: each pod as it can be', async () => {
    await live.apply(cluster({ off: pods.off }));
    await comes(offUrl, '200 off plain');
    await until(async () => !('200 late mTLS' in (await count(bothUrl, 6))));
    expect(await count(offUrl, 10)).toEqual({ '200 off plain': 10 });
    const both = await count(bothUrl, 40);
    expect(Object.keys(both).sort()).toEqual(['200 off plain', '200 on mTLS']);
  });

  it('is called so by opaque TCP, and as the backend of a split', async () => {
    const answers = new Set<string>();
    for (let n = 0; n < 10; n += 1) answers.add(await say('10.96.33.2', 7000));
    expect([...answers].sort()).toEqual(['off got hi', 'on got hi']);
    const split = await count('http://10.96.33.3:8080/x', 20);
    expect(Object.keys(split).sort()).toEqual(['200 off plain', '200 on mTLS']);
  });

  it('is called by the address of a pod as by the name, with egress and without', async () => {
    const byIp = `http://${pods.off.address}:8080/x`;
    await comes(byIp, '200 off plain');
    await live.apply(cluster({ off: pods.off }), { egress: false });
    await until(
      async () => (await pods.client.get(`http://${outside.address}:8080/`)).status === 0,
    );
    expect(await count(byIp, 3)).toEqual({ '200 off plain': 3 });
    expect(await say(pods.off.address, 7000)).toBe('off got hi');
    expect(await count(offUrl, 3)).toEqual({ '200 off plain': 3 });
  });

  it('refuses a caller without a sidecar where the server has a sidecar', async () => {
    const answer = await outside.get(`http://${pods.on.address}:8080/`);
    expect(answer.status).toBe(0);
  });

  it('speaks mTLS to all when the rest joins, and loses no request during the change', async () => {
    await live.apply(cluster({ off: pods.off }));
    await live.apply(cluster({ off: pods.off, late: pods.late }));
    await comes(offUrl, '200 late mTLS');
    const during = await count(bothUrl, 30);
    expect(Object.keys(during).sort()).toEqual(['200 late mTLS', '200 off plain', '200 on mTLS']);
    await live.apply(cluster({ late: pods.late }));
    await until(async () => !('200 off plain' in (await count(offUrl, 6))));
    const both = await count(bothUrl, 40);
    expect(Object.keys(both).sort()).toEqual(['200 late mTLS', '200 on mTLS']);
  });

  it('is distinguished at one address by endpoints alone', async () => {
    const { off } = pods;
    await live.apply(cluster({ off }));
    await comes(offUrl, '200 off plain');
    // The same address, said to have a sidecar: mTLS, which the application cannot answer. A pod that
    // is new has no connections of the chain before; here they end for want of calls.
    await live.apply(cluster({ late: off }));
    await letPass(idleMs, 'the application ends idle connections');
    await comes(offUrl, '503');
    await live.apply(cluster({ off }));
    await comes(offUrl, '200 off plain');
  });

  it('in strict mode is called where it has sidecars, by name and by address, and says so', async () => {
    for (const egress of [true, false]) {
      await live.apply(cluster({ off: pods.off }, opened), { ...strict, egress });
      await comes(offUrl, '503');
      expect(await count(bothUrl, 10)).toEqual({ '200 on mTLS': 10 });
      expect((await pods.client.get(`http://${pods.off.address}:8080/`)).status).toBe(0);
      expect(await say('10.96.33.1', 7000)).toBe('');
    }
    const diagnostics = live.diagnostics().filter(({ code }) => code === 'service-without-sidecar');
    expect(diagnostics.map(({ object }) => object.name)).toEqual(['both', 'off']);
    expect(diagnostics[0]?.message).toMatch(/without a sidecar: off;.*kubectl rollout restart/);
  });
});

describe('case 33: a headless service that is half in the mesh', () => {
  const headless = (): readonly KubernetesObject[] =>
    leading({
      ...{ name: 'peers', namespace, clusterIP: 'None', ports: [...http, ...tcp] },
      selector: { group: 'both' },
      pods: { on: pods.on.address, off: pods.off.address },
    });

  it('reaches the very pod that is dialled, in mTLS or as it is', async () => {
    for (const egress of [false, true]) {
      await live.apply(cluster({ off: pods.off }, headless()), { egress });
      await comes(`http://${pods.on.address}:8080/x`, '200 on mTLS');
      await comes(`http://${pods.off.address}:8080/x`, '200 off plain');
      expect(await say(pods.on.address, 7000)).toBe('on got hi');
      expect(await say(pods.off.address, 7000)).toBe('off got hi');
    }
  });

  it('in strict mode reaches those with a sidecar', async () => {
    await live.apply(cluster({ off: pods.off }, [...headless(), ...opened]), strict);
    await comes(`http://${pods.off.address}:8080/x`, '0');
    await comes(`http://${pods.on.address}:8080/x`, '200 on mTLS');
  });
});

describe('case 29: a service without a selector', () => {
  const legacy = (address: string): readonly KubernetesObject[] =>
    leading({
      ...{ name: 'legacy', namespace, clusterIP: '10.96.29.1', ports: http },
      pods: [address],
    });
  const url = 'http://10.96.29.1:8080/x';
  const point = (address: string, settings: Partial<MeshSettings> = {}): Promise<void> =>
    live.apply(cluster({ off: pods.off }, [...legacy(address), ...opened]), settings);

  it('leads outside, then to a pod of the mesh, and back', async () => {
    await point(outside.address);
    await comes(url, '200 outside plain');
    await point(pods.on.address);
    await comes(url, '200 on mTLS');
    expect(await count(url, 5)).toEqual({ '200 on mTLS': 5 });
    await point(outside.address);
    await comes(url, '200 outside plain');
    expect(await count(url, 5)).toEqual({ '200 outside plain': 5 });
    expect(live.diagnostics()).toEqual([]);
  });

  it('leads outside with egress only, and in permissive mode only, and says so', async () => {
    for (const settings of [{ egress: false }, strict]) {
      await point(outside.address, settings);
      await until(async () => (await pods.client.get(url)).status !== 200);
      const diagnostics = live.diagnostics().filter(({ object }) => object.name === 'legacy');
      expect(diagnostics.map(({ code }) => code)).toEqual(['service-endpoint-outside']);
    }
    await point(pods.on.address, strict);
    await comes(url, '200 on mTLS');
  });
});

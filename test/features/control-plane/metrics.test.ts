import { request } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { sidecarInjection } from '../../../src/api/labels.ts';
import type { AdmittedPod } from '../../../src/injector/admitted-pod.ts';
import { startReplicaRig } from '../../support/control-plane/replicas-on-api-server.ts';
import { makeAdmittedPod, makePodRequest } from '../../support/injector/injection.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { until } from '../../support/time/until.ts';
import { XdsClient } from '../../support/xds/xds-client.ts';

jest.setTimeout(180_000);

const part = ofFile(async () => {
  const rig = await startReplicaRig();
  return { rig, replica: await rig.startReplica('counted'), stop: () => rig.stop() };
});

/**
 * What this story does not show: the version; what only a defect of Weft causes (compiler.test.ts); and identities that
 * wait for milliseconds until the issuer answers (prometheus.test.ts).
 */
const still = new Set(['weft_build_info', 'weft_compile_failures_total', 'weft_leaves_waiting']);

type Samples = ReadonlyMap<string, number>;

interface Call {
  readonly path: string;
  readonly body?: object;
  readonly token?: string;
}

function call(port: number, { path, body, token = '' }: Call): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const method = body === undefined ? 'GET' : 'POST';
  const options = { host: '127.0.0.1', port, path, method, headers, agent: false };
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, rejectUnauthorized: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`status ${String(response.statusCode)}: ${text}`));
      });
    });
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The metrics of Weft's own, each with its sum over labels. */
function samplesIn(text: string): Samples {
  const found = new Map<string, number>();
  for (const [, name = '', value] of text.matchAll(/^(weft_\w+)(?:\{[^}]*\})? (\S+)$/gm)) {
    const metric = name.replace(/_(?:bucket|sum|count)$/, '');
    found.set(metric, (found.get(metric) ?? 0) + Number(value));
  }
  return found;
}

async function admit(pod: AdmittedPod): Promise<void> {
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
  const body = { ...review, request: makePodRequest(pod) };
  await call(part().replica.webhookPort, { path: '/mutate', body });
}

async function reader(): Promise<string> {
  const { rig } = part();
  await rig.kubectl('create', 'serviceaccount', 'scraper', '-n', 'shop');
  await rig.kubectl('apply', '-f', 'config/rbac/metrics-reader.yaml');
  const to = ['--clusterrole=weft-metrics-reader', '--serviceaccount=shop:scraper'];
  await rig.kubectl('create', 'clusterrolebinding', 'scraper', ...to);
  return (await rig.kubectl('create', 'token', 'scraper', '-n', 'shop')).trim();
}

const target = (name: string, group: string): string => `
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: ${name}, namespace: shop }
spec:
  destination: { kind: ServiceAccount, name: store, namespace: shop }
  sources: [{ kind: ServiceAccount, name: odd, namespace: shop }]
  rules: [{ kind: HTTPRouteGroup, name: ${group} }]
`;

/** Two proxies, of which one refuses its listeners. */
async function connectProxies(): Promise<void> {
  const { rig, replica } = part();
  await rig.apply(`
apiVersion: v1
kind: Service
metadata: { name: store, namespace: shop }
spec: { selector: { app: store }, ports: [{ name: http-web, port: 80, targetPort: 8080 }] }
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: all, namespace: shop }
spec: { matches: [{ name: any, pathRegex: .* }] }
---
${target('buy', 'all')}`);
  const labels = { app: 'store' };
  const store = await rig.makePod({ name: 'store', account: 'store', ip: '10.0.0.1', labels });
  const odd = await rig.makePod({ name: 'odd', account: 'odd', ip: '10.0.0.2', labels });
  const good = await rig.connectProxy(store, replica);
  await rig.connectProxy(odd, replica, ({ type }) => (type === 'listener' ? 'no' : undefined));
  await good.until(() => good.held.listener.size > 0);
}

/** Pods that get a sidecar, stay without one, and are refused. */
async function admitPods(): Promise<void> {
  await part().rig.kubectl('annotate', 'namespace', 'shop', `${sidecarInjection}=enabled`);
  await admit(makeAdmittedPod());
  await admit(makeAdmittedPod({ hostNetwork: true }));
  await admit(makeAdmittedPod({}, { annotations: { [sidecarInjection]: 'perhaps' } }));
}

/** Clients that are cut and refused, more than the log has room for. */
async function attack(): Promise<void> {
  const { rig, replica } = part();
  connect(replica.xdsPort, '127.0.0.1')
    .end('GET / HTTP/1.1\r\n\r\n')
    .on('error', () => undefined);
  const ca = await rig.trust();
  const serverName = 'weft-control-plane.weft-system.svc.cluster.local';
  for (let turn = 0; turn < 30; turn += 1) {
    const client = new XdsClient({
      ...{ address: `127.0.0.1:${replica.xdsPort}`, ca, token: 'no-token', serverName },
    });
    client.send('listener');
    await client.next().catch(() => undefined);
    client.close();
  }
}

/** The Secret of the root cannot be used any more. */
async function breakRoot(): Promise<void> {
  const data = { 'tls.crt': Buffer.from('garbage').toString('base64') };
  const patch = ['--type=merge', `--patch=${JSON.stringify({ data })}`];
  await part().rig.kubectl('patch', 'secret', 'weft-ca', '-n', 'weft-system', ...patch);
}

describe('the metrics of the control plane', () => {
  it('all move when what they count happens', async () => {
    const { rig, replica } = part();
    const token = await reader();
    const scrape = async (): Promise<Samples> =>
      samplesIn(await call(replica.metricsPort, { path: '/metrics', token }));
    const first = await until(scrape, { withinMs: 30_000 });
    const moved = new Set<string>();
    const unmoved = async (): Promise<readonly string[]> => {
      for (const [name, value] of await scrape()) if (value !== first.get(name)) moved.add(name);
      return [...first.keys()].filter((name) => !moved.has(name) && !still.has(name));
    };
    await connectProxies();
    await admitPods();
    await rig.apply(target('broken', 'missing'));
    await attack();
    await unmoved();
    await breakRoot();
    expect(first.size).toBeGreaterThan(20);
    const holds = (names: readonly string[]): boolean => names.length === 0;
    await until(unmoved, { holds, withinMs: 60_000, pauseMs: 500 });
  });
});

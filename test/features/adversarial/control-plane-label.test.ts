import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAdmissionServer } from '../../../src/admission/server.ts';
import type { AdmissionHandler } from '../../../src/api/admission.ts';
import type { Container, Namespace, Pod } from '../../../src/api/core.ts';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { controlPlaneName, meshGrant } from '../../../src/api/control-plane-names.ts';
import {
  injectedBy,
  monitoredBy,
  originalProbes,
  sidecarInjection,
} from '../../../src/api/labels.ts';
import { isMember } from '../../../src/cluster/mesh-membership.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { Secret } from '../../../src/common/secret.ts';
import { planWebhooks } from '../../../src/operator/webhooks.ts';
import { createAuthority } from '../../../tools/cluster/authority.ts';
import { injectionHandler, makeFacts } from '../../support/injector/injection.ts';
import { callApi } from '../../support/api-server/call-api.ts';
import { until } from '../../support/time/until.ts';

const mesh = `mesh-${randomBytes(4).toString('hex')}`;
const configurations = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const membership = { meshName: mesh, controlPlaneNamespace: `${mesh}-system` };
const live = (name: string, labels: Readonly<Record<string, string>> = {}): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: `${mesh}-${name}`,
    labels: { [monitoredBy]: mesh, ...labels },
    annotations: { [sidecarInjection]: 'enabled' },
  },
});
/** kubebuilder's scaffolds put the label on the namespaces of every operator. */
const namespaces = [
  live('plain'),
  live('scaffold', { 'control-plane': 'controller-manager' }),
  live('aks', { 'control-plane': 'true' }),
  live('system'),
];
const late = {
  name: 'late',
  image: 'late:1',
  readinessProbe: { httpGet: { path: '/ok', port: 8099 } },
  lifecycle: { preStop: { httpGet: { path: '/stop', port: 8099 } } },
};
/** A vendor's webhook that adds a container with a probe. */
const vendor: AdmissionHandler = ({ object }) => {
  const { containers } = (object as Pod).spec;
  const has = containers.some(({ name }) => name === late.name);
  return {
    allowed: true,
    patch: has ? [] : [{ op: 'add', path: '/spec/containers/-', value: late }],
  };
};

const control = new AbortController();
let running: Promise<void>;
let calls = 0;

async function makePod(namespace: Namespace): Promise<Pod & { status: number }> {
  const path = `/api/v1/namespaces/${namespace.metadata.name}/pods`;
  const spec = {
    containers: [{ name: 'app', image: 'app:1', livenessProbe: { httpGet: { port: 80 } } }],
  };
  const { status, body } = await callApi<Pod>('POST', path, {
    metadata: { generateName: 'p-' },
    spec,
  });
  return { ...body, status: status };
}

/** By this the webhooks know that the mesh is there: the operator makes it for a MeshConfig. */
async function grantMesh(namespace: string): Promise<void> {
  const group = 'rbac.authorization.k8s.io';
  const roles = `/apis/${group}/v1/namespaces/${namespace}`;
  const { group: apiGroup, resource, verb } = meshGrant;
  const rules = [{ apiGroups: [apiGroup], resources: [resource], verbs: [verb] }];
  await callApi('POST', `${roles}/roles`, { metadata: { name: 'mesh' }, rules });
  await callApi('POST', `${roles}/rolebindings`, {
    metadata: { name: 'mesh' },
    roleRef: { apiGroup: group, kind: 'Role', name: 'mesh' },
    subjects: [{ kind: 'ServiceAccount', name: controlPlaneName, namespace }],
  });
}

beforeAll(async () => {
  const facts = makeFacts(membership, namespaces);
  const injector = injectionHandler(() => facts);
  const counted: AdmissionHandler = (request) => {
    calls += 1;
    return injector(request);
  };
  const authority = await createAuthority('webhook');
  const pair = await authority.issue({ commonName: 'webhook', addresses: ['127.0.0.1'] });
  const server = createAdmissionServer({
    routes: new Map([
      ['/mutate', counted],
      ['/vendor', vendor],
    ]),
    certificate: {
      current: () => ({ chain: pair.certificate, key: new Secret(pair.key) }),
      onChange: () => () => undefined,
    },
    ...{ log: silentLogger, port: 0, host: '127.0.0.1' },
  });
  running = server.run(control.signal);
  const url = `https://127.0.0.1:${String(await server.listening)}`;
  const caBundle = Buffer.from(authority.certificate).toString('base64');
  const config = {
    metadata: { name: 'm', namespace: membership.controlPlaneNamespace, uid: 'u' },
    spec: { meshName: mesh },
  } as unknown as MeshConfig;
  const planned = planWebhooks(config, authority.certificate)
    .map(({ object }) => object as unknown as { kind: string; webhooks: object[] })
    .find(({ kind }) => kind === 'MutatingWebhookConfiguration');
  const [webhook] = planned?.webhooks ?? [];
  for (const namespace of namespaces) {
    await callApi('POST', '/api/v1/namespaces', namespace);
    const accounts = `/api/v1/namespaces/${namespace.metadata.name}/serviceaccounts`;
    await callApi('POST', accounts, { metadata: { name: 'default' } });
  }
  await grantMesh(membership.controlPlaneNamespace);
  const selector = { namespaceSelector: { matchLabels: { [monitoredBy]: mesh } } };
  const ofVendor = {
    ...webhook,
    ...selector,
    name: 'late.example.dev',
    reinvocationPolicy: 'Never',
  };
  for (const [name, hook, path] of [
    [`a-${mesh}`, webhook, '/mutate'],
    [`z-${mesh}`, ofVendor, '/vendor'],
  ] as const) {
    const webhooks = [{ ...hook, clientConfig: { url: `${url}${path}`, caBundle } }];
    const made = await callApi('POST', configurations, { metadata: { name }, webhooks });
    expect(made.status).toBe(201);
  }
  await until(() => makePod(namespaces[0]!), {
    what: "the vendor's webhook is called",
    holds: ({ spec }) => spec.containers.length > 1,
    withinMs: 15_000,
    pauseMs: 100,
  });
}, 60_000);

afterAll(async () => {
  for (const name of [`a-${mesh}`, `z-${mesh}`])
    await callApi('DELETE', `${configurations}/${name}`);
  for (const { metadata } of namespaces)
    await callApi('DELETE', `/api/v1/namespaces/${metadata.name}`);
  control.abort();
  await running;
});

const names = (containers: readonly Container[] = []): string[] =>
  containers.map(({ name }) => name);

describe('S15: a namespace that is a member of the mesh', () => {
  it.each(namespaces)('$metadata.labels gets sidecars: S15', async (namespace) => {
    const { status, spec, metadata } = await makePod(namespace);
    expect(status).toBe(201);
    const member = isMember(namespace, membership);
    expect(member).toBe(namespace.metadata.name !== membership.controlPlaneNamespace);
    expect(names(spec.initContainers)).toEqual(member ? ['weft-init', 'envoy'] : []);
    expect(metadata.labels?.[injectedBy]).toBe(member ? mesh : undefined);
  });
});

describe('case 20: a webhook that comes later', () => {
  it('adds a container, whose probe and hook are led too; both of ours are there once', async () => {
    calls = 0;
    const { spec, metadata } = await makePod(namespaces[0]!);
    expect(calls).toBe(2);
    expect(names(spec.containers)).toEqual(['app', 'late']);
    expect(names(spec.initContainers)).toEqual(['weft-init', 'envoy']);
    const [app, added] = spec.containers;
    expect(app?.livenessProbe?.httpGet).toMatchObject({ port: 15_901 });
    expect(added?.readinessProbe?.httpGet).toMatchObject({
      path: '/osm-readiness-probe/late',
      port: 15_902,
    });
    expect(added?.lifecycle).toMatchObject({ preStop: { httpGet: { port: 15_906 } } });
    const noted = JSON.parse(metadata.annotations?.[originalProbes] ?? '[]') as { port: number }[];
    expect(noted.map(({ port }) => port).sort()).toEqual([80, 8099, 8099]);
  });
});

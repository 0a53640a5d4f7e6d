import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAdmissionServer } from '../../../src/admission/server.ts';
import type { AdmissionHandler } from '../../../src/api/admission.ts';
import type { Container, Namespace, Pod } from '../../../src/api/core.ts';
import {
  injectedBy,
  inboundPortExclusion,
  originalProbes,
  sidecarInjection,
} from '../../../src/api/labels.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { Secret } from '../../../src/common/secret.ts';
import { createAuthority } from '../../../tools/cluster/authority.ts';
import { injectionHandler, makeFacts, makeNamespace } from '../../support/injector/injection.ts';
import { type ApiAnswer, callApi } from '../../support/api-server/call-api.ts';
import { until } from '../../support/time/until.ts';

interface LiveContainer extends Container {
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface LivePod extends Pod {
  /** When the API server refuses, it answers with a Status instead. */
  readonly message?: string;
  readonly spec: Pod['spec'] & {
    readonly containers: readonly LiveContainer[];
    readonly initContainers: readonly LiveContainer[];
  };
}

const namespace = `injector-${randomBytes(4).toString('hex')}`;
const configuration = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations`;
const injectionPath = '/mutate';
const control = new AbortController();
let running: Promise<void>;
/** What the webhook answers with; a test may put another in its place. */
let handler: AdmissionHandler;
let facts = makeFacts({}, [makeNamespace(namespace)]);

beforeAll(async () => {
  const authority = await createAuthority('webhook');
  const pair = await authority.issue({ commonName: 'webhook', addresses: ['127.0.0.1'] });
  const server = createAdmissionServer({
    routes: new Map([[injectionPath, (request) => handler(request)]]),
    certificate: {
      current: () => ({ chain: pair.certificate, key: new Secret(pair.key) }),
      onChange: () => () => undefined,
    },
    ...{ log: silentLogger, port: 0, host: '127.0.0.1' },
  });
  running = server.run(control.signal);
  handler = injectionHandler(() => facts);
  const port = await server.listening;
  const live: Namespace = makeNamespace(namespace);
  await callApi('POST', '/api/v1/namespaces', live);
  for (const name of ['default', 'cart'])
    await callApi('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
      metadata: { name },
    });
  const made = await callApi('POST', configuration, {
    metadata: { name: namespace },
    webhooks: [
      {
        name: 'inject.weft.dev',
        clientConfig: {
          url: `https://127.0.0.1:${port}${injectionPath}`,
          caBundle: Buffer.from(authority.certificate).toString('base64'),
        },
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        ...{ admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail' },
      },
    ],
  });
  expect(made.status).toBe(201);
  await untilCalled();
}, 30_000);

afterAll(async () => {
  await callApi('DELETE', `${configuration}/${namespace}`);
  await callApi('DELETE', `/api/v1/namespaces/${namespace}`);
  control.abort();
  await running;
});

/** The API server takes up a new webhook within a second or so. */
async function untilCalled(): Promise<void> {
  await until(() => create({ containers: [app] }, { dryRun: true }), {
    what: 'the API server calls the webhook',
    holds: ({ body }) => body.metadata.labels?.[injectedBy] === 'osm',
    withinMs: 15_000,
    pauseMs: 100,
  });
}

const app = { name: 'app', image: 'app:1' };

function create(
  spec: object,
  { dryRun = false, metadata = {} }: { dryRun?: boolean; metadata?: object } = {},
): Promise<ApiAnswer<LivePod>> {
  const query = dryRun ? '?dryRun=All' : '';
  const named = { generateName: 'cart-', ...metadata };
  return callApi<LivePod>('POST', `/api/v1/namespaces/${namespace}/pods${query}`, {
    metadata: named,
    spec,
  });
}

const names = (containers: readonly Container[]): string[] => containers.map(({ name }) => name);

describe('a pod made through the webhook of a real API server', () => {
  it('comes back with rules and sidecar', async () => {
    const { status, body, warnings } = await create({ containers: [app] });
    expect({ status, message: body.message, warnings }).toEqual({ status: 201, warnings: [] });
    expect(names(body.spec.initContainers)).toEqual(['weft-init', 'envoy']);
    expect(body.spec.initContainers[1]?.restartPolicy).toBe('Always');
    expect(body.metadata.labels).toEqual({ [injectedBy]: 'osm' });
    expect(body.metadata.name).toMatch(/^cart-\w{5}$/);
  });

  it('is the same in a dry run', async () => {
    const [dry, wet] = [
      await create({ containers: [app] }, { dryRun: true }),
      await create({ containers: [app] }),
    ];
    const spec = ({ body }: typeof dry): string =>
      JSON.stringify(body.spec)
        .replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access')
        // Drawn for each request.
        .replaceAll(/\b[45]\d{4}\b/g, 'user');
    expect(spec(dry)).toBe(spec(wet));
  });

  it('gives rules and sidecar no token for the Kubernetes API', async () => {
    const { body } = await create({ containers: [app], serviceAccountName: 'cart' });
    const apiToken = ({ volumeMounts = [] }: LiveContainer): string | undefined =>
      volumeMounts.find(({ mountPath }) => mountPath.endsWith('kubernetes.io/serviceaccount'))
        ?.name;
    expect(body.spec.containers.map(apiToken)).toEqual([
      expect.stringMatching(/^kube-api-access-/),
    ]);
    expect(body.spec.initContainers.map(apiToken)).toEqual(['weft-bootstrap', 'weft-bootstrap']);
  });

  const every = { httpGet: { path: '/x', port: 'web' }, periodSeconds: 3 };
  it.each<[string, object]>([
    [
      'probes of every kind',
      {
        containers: [
          {
            ...app,
            ports: [{ name: 'web', containerPort: 8080 }],
            ...{ livenessProbe: every, readinessProbe: { tcpSocket: { port: 'web' } } },
            startupProbe: { grpc: { port: 9000, service: 's' }, failureThreshold: 30 },
          },
          { name: 'b', image: 'b', livenessProbe: { exec: { command: ['true'] } } },
        ],
      },
    ],
    [
      'init containers and sidecars of its own',
      {
        containers: [app],
        initContainers: [
          { name: 'migrate', image: 'm' },
          {
            name: 'proxy',
            image: 'p',
            restartPolicy: 'Always',
            startupProbe: every,
            ports: [{ name: 'web', containerPort: 1 }],
          },
        ],
      },
    ],
    ['no token of its own', { containers: [app], automountServiceAccountToken: false }],
    [
      'a strict security context',
      {
        containers: [app],
        securityContext: {
          ...{ runAsNonRoot: true, runAsUser: 1000, fsGroup: 2000, supplementalGroups: [3] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
        hostUsers: false,
      },
    ],
    ['the end in sight', { containers: [app], restartPolicy: 'Never', activeDeadlineSeconds: 60 }],
    ['no time to leave', { containers: [app], terminationGracePeriodSeconds: 0 }],
    ['a second to leave', { containers: [app], terminationGracePeriodSeconds: 1 }],
    ['three seconds to leave', { containers: [app], terminationGracePeriodSeconds: 3 }],
    ['one process namespace', { containers: [app], shareProcessNamespace: true, hostPID: false }],
    [
      'a Linux of its choice',
      { containers: [app], os: { name: 'linux' }, nodeSelector: { 'kubernetes.io/os': 'linux' } },
    ],
  ])('is accepted with %s', async (_what, spec) => {
    const { status, body, warnings } = await create(spec);
    expect({ status, message: body.message, warnings }).toEqual({ status: 201, warnings: [] });
    expect(names(body.spec.initContainers).slice(0, 2)).toEqual(['weft-init', 'envoy']);
  });

  it('is accepted privileged, with resources, in a namespace whose metrics are wanted', async () => {
    const usual = facts;
    facts = makeFacts(
      {
        sidecar: {
          ...{ enablePrivilegedInitContainer: true, localProxyMode: 'PodIP', logLevel: 'trace' },
          resources: { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: 0.1 } },
        },
      },
      [
        makeNamespace(namespace, {
          annotations: { [sidecarInjection]: 'yes', 'openservicemesh.io/metrics': 'enabled' },
        }),
      ],
    );
    const { status, body } = await create({ containers: [app] });
    facts = usual;
    expect({ status, message: body.message }).toEqual({ status: 201 });
    expect(body.metadata.annotations).toMatchObject({ 'prometheus.io/port': '15010' });
  });

  it('keeps its probes for the control plane', async () => {
    const { body } = await create({
      containers: [{ ...app, livenessProbe: { httpGet: { path: '/live', port: 80 } } }],
    });
    expect(body.spec.containers[0]?.livenessProbe?.httpGet).toMatchObject({ port: 15_901 });
    expect(JSON.parse(body.metadata.annotations?.[originalProbes] ?? '')).toEqual([
      {
        ...{ container: 'app', probe: 'liveness', kind: 'http', port: 80, path: '/live' },
        ...{ service: '', timeoutSeconds: 1, headers: [], key: '' },
      },
    ]);
  });
});

describe('a pod that cannot be in the mesh', () => {
  it('says so when it is made without sidecar', async () => {
    const { status, body, warnings } = await create({ containers: [app], hostNetwork: true });
    expect(status).toBe(201);
    expect(body.spec.initContainers).toBeUndefined();
    expect(warnings).toEqual([
      `weft: no sidecar for ${namespace}/cart-*: it uses the host network, whose traffic must not be redirected; set hostNetwork: false`,
    ]);
  });

  it.each<[string, object, object, readonly string[]]>([
    [
      'a value that is none',
      {},
      { annotations: { [inboundPortExclusion]: 'http' } },
      [inboundPortExclusion, '"http"', 'from 1 to 65535'],
    ],
    [
      'a port of the sidecar',
      { containers: [{ ...app, ports: [{ containerPort: 15_001 }] }] },
      {},
      ['container app', '15001'],
    ],
    ['a switch in between', {}, { annotations: { [sidecarInjection]: 'on' } }, ['"on"', 'enabled']],
  ])('is refused with the reason for %s', async (...[, spec, metadata, words]) => {
    const { status, body } = await create({ containers: [app], ...spec }, { metadata });
    expect(status).toBe(403);
    expect(body.message).toContain(`Pod ${namespace}/cart-* cannot join mesh osm`);
    for (const word of words) expect(body.message).toContain(word);
  });

  it('is refused when the injector itself fails', async () => {
    const usual = handler;
    handler = () => {
      throw new Error('a mistake of ours');
    };
    const { status, body } = await create({ containers: [app] });
    handler = usual;
    expect(status).toBe(500);
    expect(body.message).toContain('Weft failed while it looked at this object');
    expect(body.message).not.toContain('a mistake of ours');
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Operation, applyPatch } from 'rfc6902';
import {
  makeAdmittedPod,
  makeFacts,
  makeNamespace,
  makePodRequest,
} from '../../test/build/injection.ts';
import type { AdmissionAnswer } from '../api/admission.ts';
import {
  injectedBy,
  metrics,
  monitoredBy,
  originalProbes,
  outboundPortExclusion,
  preStopSeconds,
  sidecarInjection,
} from '../api/labels.ts';
import { deepFreeze } from '../common/freeze.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import type { InjectorFacts } from './facts.ts';
import { createInjector } from './inject.ts';

/** The parts of an injected pod that these tests look at. */
interface Injected {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly Part[];
    readonly initContainers: readonly Part[];
    readonly volumes: readonly { readonly name: string }[];
  };
}

interface Part {
  readonly name: string;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly resources?: object;
  readonly lifecycle?: { readonly preStop?: object };
  readonly securityContext?: object;
}

const ask = (pod: AdmittedPod, facts: InjectorFacts = makeFacts()): AdmissionAnswer =>
  createInjector(() => facts)(makePodRequest(pod));

const copy = (pod: AdmittedPod): AdmittedPod => JSON.parse(JSON.stringify(pod)) as AdmittedPod;

function patched(pod: AdmittedPod, answer: AdmissionAnswer): AdmittedPod {
  if (!answer.allowed) throw new Error(answer.message);
  const after = copy(pod);
  const outcome = applyPatch(after, (answer.patch ?? []) as unknown as Operation[]);
  expect(outcome.filter((error) => error !== null)).toEqual([]);
  return after;
}

function inject(pod: AdmittedPod, facts?: InjectorFacts): Injected {
  return patched(pod, ask(pod, facts)) as unknown as Injected;
}

const sidecarOf = ({ spec }: Injected): Part | undefined => spec.initContainers[1];
const initOf = ({ spec }: Injected): Part | undefined => spec.initContainers[0];
const settings = (sidecar: InjectorFacts['sidecar']): InjectorFacts => makeFacts({ sidecar });
const message = (answer: AdmissionAnswer): string => (answer.allowed ? '' : answer.message);
const warnings = (answer: AdmissionAnswer): readonly string[] =>
  (answer.allowed ? answer.warnings : undefined) ?? [];
const argument = (part: Part | undefined, flag: string): string | undefined =>
  part?.args?.[part.args.indexOf(flag) + 1];

describe('an injected pod', () => {
  it('has the rules first, then the sidecar, then its own init containers', () => {
    const { spec } = inject(makeAdmittedPod({ initContainers: [{ name: 'migrate' }] }));
    expect(spec.initContainers.map(({ name }) => name)).toEqual(['weft-init', 'envoy', 'migrate']);
    expect(spec.containers.map(({ name }) => name)).toEqual(['app']);
    expect(spec.volumes.map(({ name }) => name)).toEqual(['weft-bootstrap', 'weft-token']);
  });

  it('has a sidecar that may do nothing but carry traffic', () => {
    const injected = inject(makeAdmittedPod({}, { name: '', generateName: 'cart-' }));
    expect(sidecarOf(injected)).toEqual({
      name: 'envoy',
      image: 'envoy:1',
      imagePullPolicy: 'IfNotPresent',
      restartPolicy: 'Always',
      command: ['envoy'],
      args: [
        ...['--config-path', '/etc/weft/bootstrap/bootstrap.yaml'],
        ...['--service-node', '$(POD_NAMESPACE)/$(POD_NAME)', '--service-cluster', 'default.shop'],
        ...['--log-level', 'error', '--concurrency', '2'],
        ...['--drain-strategy', 'immediate', '--drain-time-s', '60', '--disable-hot-restart'],
      ],
      env: ['namespace', 'name'].map((field) => ({
        name: `POD_${field.toUpperCase()}`,
        valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.${field}` } },
      })),
      ports: [
        { name: 'proxy-inbound', containerPort: 15_003, protocol: 'TCP' },
        { name: 'proxy-metrics', containerPort: 15_010, protocol: 'TCP' },
      ],
      startupProbe: {
        httpGet: { path: '/ready', port: 15_905, scheme: 'HTTP' },
        ...{ periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 600 },
      },
      lifecycle: { preStop: { sleep: { seconds: 7 } } },
      resources: {},
      securityContext: {
        ...{ runAsUser: 1500, runAsGroup: 1500, runAsNonRoot: true, readOnlyRootFilesystem: true },
        ...{ allowPrivilegeEscalation: false, privileged: false, capabilities: { drop: ['ALL'] } },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumeMounts: [
        { name: 'weft-bootstrap', mountPath: '/etc/weft/bootstrap', readOnly: true },
        { name: 'weft-token', mountPath: '/var/run/secrets/weft.dev/token', readOnly: true },
        {
          name: 'weft-bootstrap',
          mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
          readOnly: true,
        },
      ],
    });
    expect(injected.spec.volumes).toEqual([
      { name: 'weft-bootstrap', configMap: { name: 'weft-bootstrap' } },
      {
        name: 'weft-token',
        projected: {
          sources: [
            {
              serviceAccountToken: { audience: 'weft.dev', expirationSeconds: 3600, path: 'token' },
            },
          ],
        },
      },
    ]);
  });

  it('carries label and annotation, whatever was there', () => {
    const forged = { [injectedBy]: 'another', 'a/b~c': 'x' };
    const { metadata } = inject(
      makeAdmittedPod({}, { labels: forged, annotations: { [originalProbes]: '[{"port":1}]' } }),
    );
    expect(metadata.labels).toEqual({ [injectedBy]: 'osm', 'a/b~c': 'x' });
    expect(metadata.annotations).toEqual({ [originalProbes]: '[]' });
  });

  it("takes images, log level, resources and the account's name as they were set", () => {
    const injected = inject(
      makeAdmittedPod({ serviceAccountName: 'cart.v2' }),
      settings({
        ...{ envoyImage: 'e:2', initContainerImage: 'i:2', logLevel: 'debug' },
        resources: { limits: { cpu: '2500m', memory: '128Mi' }, requests: { cpu: 0.1 } },
      }),
    );
    const sidecar = sidecarOf(injected);
    const resources = { limits: { cpu: '2500m', memory: '128Mi' }, requests: { cpu: '0.1' } };
    expect(sidecar).toMatchObject({ image: 'e:2', resources });
    expect(argument(sidecar, '--log-level')).toBe('debug');
    expect(argument(sidecar, '--service-cluster')).toBe('cart.v2.shop');
    expect(argument(sidecar, '--concurrency')).toBe('3');
    expect(initOf(injected)).toMatchObject({ image: 'i:2', resources });
  });

  it.each([
    [
      { enablePrivilegedInitContainer: false },
      { privileged: false, allowPrivilegeEscalation: false },
    ],
    [{ enablePrivilegedInitContainer: true }, { privileged: true, allowPrivilegeEscalation: true }],
  ])('with %j has an init container with %j', (sidecar, expected) => {
    expect(initOf(inject(makeAdmittedPod(), settings(sidecar)))?.securityContext).toMatchObject({
      ...{ runAsUser: 0, runAsNonRoot: false, readOnlyRootFilesystem: true, ...expected },
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
    });
  });

  it('announces its metrics when the namespace asks for it', () => {
    const scraped = makeNamespace('shop', {
      annotations: { [sidecarInjection]: 'enabled', [metrics]: 'enabled' },
    });
    const facts = makeFacts({}, [scraped]);
    expect(inject(makeAdmittedPod(), facts).metadata.annotations).toMatchObject({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '15010',
      'prometheus.io/path': '/stats/prometheus',
    });
    const own = makeAdmittedPod({}, { annotations: { 'prometheus.io/port': '9000' } });
    expect(inject(own, facts).metadata.annotations).toEqual({
      'prometheus.io/port': '9000',
      [originalProbes]: '[]',
    });
    expect(warnings(ask(own, facts)).join()).toContain('prometheus.io/port');
  });
});

describe('the way a pod takes its leave', () => {
  const sleeps = (pod: AdmittedPod): unknown => {
    const injected = inject(pod);
    const parts = [...injected.spec.containers, sidecarOf(injected)];
    return parts.map((part) => part?.lifecycle?.preStop);
  };
  const sleep = (seconds: number): object => ({ sleep: { seconds } });
  const annotated = (value: string, spec: Partial<AdmittedPod['spec']> = {}): AdmittedPod =>
    makeAdmittedPod(spec, { annotations: { [preStopSeconds]: value } });

  it.each<[string, AdmittedPod, unknown]>([
    ['usual', makeAdmittedPod(), [sleep(5), sleep(7)]],
    ['short grace', makeAdmittedPod({ terminationGracePeriodSeconds: 4 }), [sleep(2), sleep(4)]],
    ['hardly any', makeAdmittedPod({ terminationGracePeriodSeconds: 1 }), [undefined, undefined]],
    ['no grace', makeAdmittedPod({ terminationGracePeriodSeconds: 0 }), [undefined, undefined]],
    ['set', annotated('12'), [sleep(12), sleep(14)]],
    ['turned off', annotated('0'), [undefined, undefined]],
    [
      'off without grace',
      annotated('0', { terminationGracePeriodSeconds: 0 }),
      [undefined, undefined],
    ],
    ['a job', makeAdmittedPod({ restartPolicy: 'Never' }), [sleep(5), undefined]],
    [
      'a hook of its own',
      makeAdmittedPod({ containers: [{ name: 'app', lifecycle: { preStop: { exec: 1 } } }] }),
      [{ exec: 1 }, sleep(7)],
    ],
  ])('%s', (_name, pod, expected) => {
    expect(sleeps(pod)).toEqual(expected);
  });

  it('leaves other hooks where they are', () => {
    const lifecycle = { postStart: { exec: {} } };
    const { spec } = inject(makeAdmittedPod({ containers: [{ name: 'app', lifecycle }] }));
    expect(spec.containers[0]?.lifecycle).toEqual({ ...lifecycle, preStop: sleep(5) });
  });

  it.each(['-1', '5s', '', ' 5', '30', '31', '1e1'])('refuses %j', (value) => {
    const text = message(ask(annotated(value)));
    for (const word of [preStopSeconds, JSON.stringify(value), '30']) expect(text).toContain(word);
  });
});

describe('answers', () => {
  it.each<[string, InjectorFacts, readonly string[]]>([
    ['logLevel', settings({ logLevel: 'loud' }), ['logLevel', '"loud"', 'trace']],
    [
      'resources',
      settings({ resources: { limits: { cpu: 'many' } } }),
      ['limits.cpu', '"many"', '500m'],
    ],
    ['localProxyMode', settings({ localProxyMode: 'x' }), ['localProxyMode', '"x"', 'PodIP']],
    [
      'the metrics annotation',
      makeFacts({}, [
        makeNamespace('shop', { annotations: { [sidecarInjection]: 'true', [metrics]: 'on' } }),
      ]),
      [metrics, '"on"', 'namespace shop'],
    ],
    [
      'lists that are too long',
      makeFacts({
        traffic: {
          outboundIPRangeExclusionList: Array.from(
            { length: 6_000 },
            (_, at) => `10.${at >> 8}.${at & 255}.0/24`,
          ),
        },
      }),
      ['too long'],
    ],
  ])('refuse %s and say what is expected', (_name, facts, words) => {
    const text = message(ask(makeAdmittedPod(), facts));
    expect(text).toMatch(/^Pod shop\/cart cannot join mesh osm: /);
    for (const word of words) expect(text).toContain(word);
  });

  it('name every problem at once', () => {
    const pod = makeAdmittedPod(
      {},
      { name: '', generateName: 'cart-', annotations: { [outboundPortExclusion]: 'x,y' } },
    );
    const text = message(ask(pod, settings({ logLevel: 'loud' })));
    expect(text).toMatch(/^Pod shop\/cart-\* cannot join/);
    for (const word of ['"x"', '"y"', '"loud"']) expect(text).toContain(word);
  });

  it('warn when a pod that was meant for the mesh is left out, and only then', () => {
    const host = makeAdmittedPod({ hostNetwork: true });
    expect(warnings(ask(host))).toEqual([
      'weft: no sidecar for shop/cart: it uses the host network, whose traffic must not be redirected; set hostNetwork: false',
    ]);
    const silent = makeFacts({}, [makeNamespace('shop', { annotations: {} })]);
    expect(patched(host, ask(host)).metadata.annotations).toEqual({
      'weft.dev/not-injected': expect.stringContaining('host network'),
    });
    expect(ask(host, silent)).toEqual({ allowed: true });
    expect(ask(makeAdmittedPod(), silent)).toEqual({ allowed: true });
  });

  it('leave other requests alone', () => {
    const handler = createInjector(() => makeFacts());
    const request = makePodRequest(makeAdmittedPod());
    expect(handler({ ...request, operation: 'UPDATE' })).toEqual({ allowed: true });
    const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
    expect(handler({ ...request, kind })).toEqual({ allowed: true });
  });

  it.each([
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: null },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: 'app' } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: { containers: [], volumes: {} },
    },
    undefined,
  ])('refuse what is no pod: %j', (object) => {
    const request = makePodRequest(object as unknown as AdmittedPod);
    expect(createInjector(() => makeFacts())(request)).toMatchObject({ allowed: false });
  });

  it('follow the facts of the moment', () => {
    let facts = makeFacts();
    const handler = createInjector(() => facts);
    expect(handler(makePodRequest(makeAdmittedPod()))).toMatchObject({ patch: { length: 5 } });
    facts = makeFacts({ meshName: 'another' });
    expect(handler(makePodRequest(makeAdmittedPod()))).toEqual({ allowed: true });
    facts = makeFacts({ meshName: 'another' }, [
      makeNamespace('shop', {
        labels: { [monitoredBy]: 'another' },
        annotations: { [sidecarInjection]: 'yes' },
      }),
    ]);
    expect(handler(makePodRequest(makeAdmittedPod()))).toMatchObject({ patch: { length: 5 } });
  });
});

describe('any pod', () => {
  it('keeps all that people wrote, is injected once, and is answered the same each time', () => {
    fc.assert(
      fc.property(anyPod, (pod) => {
        deepFreeze(pod);
        const answer = ask(pod);
        expect(ask(pod)).toEqual(answer);
        const after = patched(pod, answer);
        expectKept(pod, after);
        const again = ask(after);
        expect(warnings(again).join()).toContain('it has one already');
        expect(patched(after, again)).toEqual(after);
      }),
      { numRuns: 300 },
    );
  });

  it('without its label is marked again, and has still one sidecar', () => {
    const once = patched(makeAdmittedPod(), ask(makeAdmittedPod()));
    const unmarked = { ...once, metadata: { name: 'cart' } };
    const again = patched(unmarked, ask(unmarked));
    expect(again.spec).toEqual(once.spec);
    expect(again.metadata.labels).toEqual({ [injectedBy]: 'osm' });
  });
});

const keys = fc.stringMatching(/^[a-z/~.]{1,8}$/);
const texts = fc.dictionary(keys, fc.string({ maxLength: 5 }), {
  maxKeys: 4,
  noNullPrototype: true,
});
const ports = fc.integer({ min: 1, max: 14_999 });
const probe = fc.record(
  {
    ...{ timeoutSeconds: fc.nat(9), periodSeconds: fc.nat(9), failureThreshold: fc.nat(9) },
    httpGet: fc.option(
      fc.record(
        {
          port: fc.oneof(ports, fc.constant('web')),
          path: fc.constantFrom('/', '/a'),
          scheme: fc.constantFrom('HTTP', 'HTTPS'),
          host: fc.constantFrom('', 'x'),
        },
        { requiredKeys: ['port'], noNullPrototype: true },
      ),
      { nil: undefined },
    ),
  },
  { noNullPrototype: true },
);
const otherProbe = fc.oneof(
  fc.record({ tcpSocket: fc.record({ port: ports }) }),
  fc.record({ grpc: fc.record({ port: ports }), periodSeconds: fc.nat(9) }),
  fc.record({ exec: fc.constant({ command: ['x'] }) }),
);
const anyProbe = fc.oneof(probe, otherProbe);
const container = (name: string) =>
  fc.record(
    {
      name: fc.constant(name),
      image: fc.string(),
      env: fc.array(fc.record({ name: fc.string(), value: fc.string() }), { maxLength: 2 }),
      ports: fc.constantFrom([], [{ name: 'web', containerPort: 80 }], [{ containerPort: 81 }]),
      ...{ livenessProbe: anyProbe, readinessProbe: anyProbe, startupProbe: anyProbe },
      lifecycle: fc.constantFrom({}, { postStart: { exec: {} } }, { preStop: { exec: {} } }),
      restartPolicy: fc.constantFrom('Always', undefined),
    },
    { requiredKeys: ['name'], noNullPrototype: true },
  );
const containers = (stem: string, min: number) =>
  fc
    .integer({ min, max: 3 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, at) => container(`${stem}${at}`))),
    );

const anyPod = fc
  .record({
    metadata: fc.record(
      { name: fc.constant('p'), labels: texts, annotations: texts },
      { requiredKeys: ['name'], noNullPrototype: true },
    ),
    spec: fc.record(
      {
        containers: containers('app', 1),
        initContainers: containers('init', 0),
        volumes: fc.array(fc.record({ name: keys, emptyDir: fc.constant({}) }), { maxLength: 2 }),
        serviceAccountName: fc.constantFrom('', 'default', 'cart'),
        restartPolicy: fc.constantFrom('Always', 'Never'),
        terminationGracePeriodSeconds: fc.nat(60),
        securityContext: fc.constantFrom({}, { runAsUser: 1000, fsGroup: 7 }),
        automountServiceAccountToken: fc.boolean(),
      },
      { requiredKeys: ['containers'], noNullPrototype: true },
    ),
  })
  .map((parts) => copy({ apiVersion: 'v1', kind: 'Pod', ...parts } as unknown as AdmittedPod));

/** Everything of `before` is in `after`; lists keep their order, insertions apart; probes keep all but their target. */
function expectKept(before: AdmittedPod, after: AdmittedPod): void {
  expect(after.metadata.labels).toMatchObject(before.metadata.labels ?? {});
  expect(after.metadata.annotations).toMatchObject(before.metadata.annotations ?? {});
  const { containers: own, initContainers: ownInit = [], volumes = [], ...rest } = before.spec;
  expect(after.spec).toMatchObject(rest);
  expect(after.spec.volumes?.slice(0, volumes.length)).toEqual(volumes);
  expect(after.spec.volumes).toHaveLength(volumes.length + 2);
  expect(after.spec.initContainers?.slice(2).map(withoutTargets)).toEqual(
    ownInit.map(withoutTargets),
  );
  expect(after.spec.containers).toHaveLength(own.length);
  for (const [at, container] of own.entries())
    expect(withoutTargets(after.spec.containers[at] ?? {})).toMatchObject(
      withoutTargets(container),
    );
}

function withoutTargets(container: object): object {
  const entries = Object.entries(container) as [string, object][];
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key.endsWith('Probe') ? withoutTarget(value) : value]),
  );
}

function withoutTarget(probe: object): object {
  const targets = ['httpGet', 'tcpSocket', 'grpc'];
  return Object.fromEntries(Object.entries(probe).filter(([key]) => !targets.includes(key)));
}

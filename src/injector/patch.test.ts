import { describe, expect, it } from '@jest/globals';
import {
  type Injected,
  type Part,
  ask,
  inject,
  sidecarOf,
  warningsOf,
} from '../../test/support/injector/injected-pod.ts';
import {
  makeAdmittedPod,
  makeFacts,
  makeNamespace,
} from '../../test/support/injector/injection.ts';
import {
  injectedBy,
  injectionWarnings,
  metrics,
  originalProbes,
  sidecarInjection,
} from '../api/labels.ts';
import { drawSidecarUser, sidecarUsers } from './names.ts';

const initOf = ({ spec }: Injected): Part | undefined => spec.initContainers[0];
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
    const user = drawSidecarUser('u-1', []);
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
        ...{ runAsUser: user, runAsGroup: user, runAsNonRoot: true, readOnlyRootFilesystem: true },
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

  it("knows the sidecar's traffic by a user that no container of the pod has", () => {
    const drawn = drawSidecarUser('u-1', []);
    const wanting = (runAsUser: number): Injected =>
      inject(makeAdmittedPod({ containers: [{ name: 'app', securityContext: { runAsUser } }] }));
    for (const taken of [drawn, 1500, drawn]) {
      const injected = wanting(taken);
      const user = (sidecarOf(injected)?.securityContext as { runAsUser: number }).runAsUser;
      expect(user).toBe(taken === drawn ? drawn + 1 : drawn);
      expect(JSON.stringify(initOf(injected))).toContain(`--uid-owner ${String(user)} `);
    }
  });

  it('has a user of its own, so that no limit by user is shared', () => {
    const users = Array.from({ length: 500 }, (_, at) => drawSidecarUser(`u-${String(at)}`, []));
    expect(new Set(users).size).toBeGreaterThan(450);
    expect(Math.min(...users)).toBeGreaterThanOrEqual(sidecarUsers.first);
    // Where user namespaces end.
    expect(sidecarUsers.first + sidecarUsers.count).toBeLessThan(65_536);
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
      makeFacts({
        sidecar: {
          ...{ envoyImage: 'e:2', initContainerImage: 'i:2', logLevel: 'debug' },
          resources: { limits: { cpu: '2500m', memory: '128Mi' }, requests: { cpu: 0.1 } },
        },
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
    expect(
      initOf(inject(makeAdmittedPod(), makeFacts({ sidecar })))?.securityContext,
    ).toMatchObject({
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
      [injectionWarnings]: expect.stringContaining('pod-metrics-not-announced'),
    });
    expect(warningsOf(ask(own, facts)).join()).toContain('prometheus.io/port');
  });
});

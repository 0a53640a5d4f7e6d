import { describe, expect, it } from '@jest/globals';
import { type Operation, applyPatch } from 'rfc6902';
import { makeAdmittedPod } from '../../test/support/injector/injection.ts';
import type { Container, Probe } from '../api/core.ts';
import type { OriginalProbe } from '../api/probes.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import { rewriteProbes } from './probes.ts';

interface Outcome {
  readonly pod: AdmittedPod;
  readonly originals: readonly OriginalProbe[];
  readonly warnings: readonly string[];
}

function rewrite(pod: AdmittedPod): Outcome {
  const { operations, originals, warnings } = rewriteProbes(pod);
  const after = JSON.parse(JSON.stringify(pod)) as AdmittedPod;
  expect(applyPatch(after, operations as unknown as Operation[])).toEqual(
    operations.map(() => null),
  );
  return { pod: after, originals, warnings };
}

const withApp = (app: Partial<Container>): AdmittedPod =>
  makeAdmittedPod({
    containers: [
      { name: 'first' },
      { name: 'app', ports: [{ name: 'web', containerPort: 8080 }], ...app },
    ],
  });

const original = (changes: Partial<OriginalProbe>): OriginalProbe => ({
  ...{ container: 'app', probe: 'liveness', kind: 'http', port: 8080, path: '/', service: '' },
  timeoutSeconds: 1,
  headers: [],
  key: '',
  ...changes,
});

const wholeProbe = {
  initialDelaySeconds: 3,
  periodSeconds: 7,
  timeoutSeconds: 4,
  failureThreshold: 9,
};

describe('rewriteProbes', () => {
  it.each<[string, Probe, object, OriginalProbe]>([
    [
      'http',
      { httpGet: { path: '/live?x=1', port: 8080, scheme: 'HTTP' } },
      { httpGet: { path: '/osm-liveness-probe/app', port: 15_901, scheme: 'HTTP' } },
      original({ path: '/live?x=1' }),
    ],
    [
      'http with headers, a named port and no path',
      { httpGet: { port: 'web', httpHeaders: [{ name: 'Host', value: 'cart' }] }, ...wholeProbe },
      {
        httpGet: {
          ...{ path: '/osm-liveness-probe/app', port: 15_901, scheme: 'HTTP' },
          httpHeaders: [{ name: 'Host', value: 'cart' }],
        },
        ...wholeProbe,
      },
      original({ timeoutSeconds: 4, headers: [{ name: 'Host', value: 'cart' }] }),
    ],
    [
      'https',
      { httpGet: { path: '/s', port: 8443, scheme: 'HTTPS' } },
      { httpGet: { path: '/osm-liveness-probe/app', port: 15_901, scheme: 'HTTP' } },
      original({ kind: 'https', path: '/s', port: 8443 }),
    ],
    [
      'tcp',
      { tcpSocket: { port: 'web' }, ...wholeProbe },
      {
        httpGet: { path: '/osm-healthcheck/app/liveness', port: 15_904, scheme: 'HTTP' },
        ...wholeProbe,
      },
      original({ kind: 'tcp', path: '', timeoutSeconds: 4 }),
    ],
    [
      'tcp with its port in digits',
      { tcpSocket: { port: '9000' } },
      { httpGet: { path: '/osm-healthcheck/app/liveness', port: 15_904, scheme: 'HTTP' } },
      original({ kind: 'tcp', path: '', port: 9000 }),
    ],
    [
      'grpc',
      { grpc: { port: 9000, service: 'cart.v1' } },
      { httpGet: { path: '/osm-healthcheck/app/liveness', port: 15_904, scheme: 'HTTP' } },
      original({ kind: 'grpc', path: '', port: 9000, service: 'cart.v1' }),
    ],
  ])('leads a probe over %s to the sidecar and keeps the rest', (...row) => {
    const [, probe, expected, kept] = row;
    const { pod, originals, warnings } = rewrite(withApp({ livenessProbe: probe }));
    expect(pod.spec.containers[1]?.livenessProbe).toEqual(expected);
    expect(originals).toEqual([kept]);
    expect(warnings).toEqual([]);
  });

  it('gives each probe of each container a place of its own', () => {
    const http: Probe = { httpGet: { port: 80 } };
    const tcp: Probe = { tcpSocket: { port: 81 } };
    const { pod, originals } = rewrite(
      makeAdmittedPod({
        containers: [
          { name: 'a', livenessProbe: http, readinessProbe: http, startupProbe: http },
          { name: 'b', livenessProbe: tcp, readinessProbe: http, startupProbe: tcp },
        ],
      }),
    );
    const targets = pod.spec.containers.flatMap((container) =>
      [container.livenessProbe, container.readinessProbe, container.startupProbe].map(
        (probe) => `${probe?.httpGet?.port}${probe?.httpGet?.path}`,
      ),
    );
    expect(targets).toEqual([
      ...['15901/osm-liveness-probe/a', '15902/osm-readiness-probe/a', '15903/osm-startup-probe/a'],
      ...[
        '15904/osm-healthcheck/b/liveness',
        '15902/osm-readiness-probe/b',
        '15904/osm-healthcheck/b/startup',
      ],
    ]);
    expect(originals).toHaveLength(6);
  });

  it('rewrites those of native sidecars, not those of other init containers', () => {
    const livenessProbe: Probe = { httpGet: { port: 80 } };
    const { pod, originals } = rewrite(
      makeAdmittedPod({
        initContainers: [
          { name: 'once', livenessProbe },
          { name: 'stays', restartPolicy: 'Always', livenessProbe },
        ],
      }),
    );
    expect(originals.map(({ container }) => container)).toEqual(['stays']);
    expect(pod.spec.initContainers?.[1]?.livenessProbe?.httpGet?.port).toBe(15_901);
  });

  it.each<[string, Probe]>([
    ['exec', { exec: { command: ['true'] } }],
    ['another host over http', { httpGet: { host: 'db.local', port: 80 } }],
    ['another host over tcp', { tcpSocket: { host: 'db.local', port: 80 } }],
  ])('leaves a probe of %s as it is', (_name, livenessProbe) => {
    const pod = withApp({ livenessProbe });
    expect(rewrite(pod)).toEqual({ pod, originals: [], warnings: [] });
  });

  it('leaves a probe with an unknown port as it is and says so', () => {
    const pod = withApp({ readinessProbe: { httpGet: { port: 'metrics' } } });
    const { warnings, ...rest } = rewrite(pod);
    expect(rest).toEqual({ pod, originals: [] });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('readiness probe of container app');
    expect(warnings[0]).toContain('"metrics"');
  });

  it.each<[string, Probe]>([
    ['70000', { tcpSocket: { port: 70_000 } }],
    ['0', { httpGet: { port: 0 } }],
    ['-1', { grpc: { port: -1 } }],
    ['99999', { httpGet: { port: '99999' } }],
    ['65536', { tcpSocket: { port: 'huge' } }],
  ])('leaves a probe of port %s as it is, for the API server to refuse', (asked, livenessProbe) => {
    const ports = [{ name: 'huge', containerPort: 65_536 }];
    const pod = withApp({ ports, livenessProbe, readinessProbe: { exec: { command: ['true'] } } });
    const { warnings, ...rest } = rewrite(pod);
    expect(rest).toEqual({ pod, originals: [] });
    expect(warnings).toEqual([
      `the liveness probe of container app uses port ${asked}, which is not a port, so the API server refuses the pod; use 1 to 65535`,
    ]);
  });

  it('leads a probe of the last port there is', () => {
    const pod = withApp({ livenessProbe: { tcpSocket: { port: 65_535 } } });
    expect(rewrite(pod).originals.map(({ port }) => port)).toEqual([65_535]);
  });

  it.each<[string, Probe]>([
    ['http', { httpGet: { path: '/quitquitquit', port: 15_000 } }],
    ['https', { httpGet: { port: 15_003, scheme: 'HTTPS' } }],
    ['tcp', { tcpSocket: { port: '15001' } }],
    ['grpc', { grpc: { port: 15_010 } }],
    ['what looks led already', { httpGet: { path: '/osm-liveness-probe/app', port: 15_901 } }],
  ])('is never led to a port of the sidecar by %s: S4', (_name, livenessProbe) => {
    const { problems, originals } = rewriteProbes(withApp({ livenessProbe }));
    expect(originals).toEqual([]);
    expect(problems.join()).toMatch(/^the liveness probe of container app uses port 15\d{3},/);
  });

  it('refuses a header that cannot be sent', () => {
    const httpHeaders = [{ name: 'X-A', value: 'b\r\nX-C: d' }];
    const { problems } = rewriteProbes(
      withApp({ livenessProbe: { httpGet: { port: 80, httpHeaders } } }),
    );
    expect(problems.join()).toContain('has the header "X-A"');
  });
});

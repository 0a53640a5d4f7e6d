import { describe, expect, it } from '@jest/globals';
import { ask, inject, messageOf, warningsOf } from '../../test/support/injector/injected-pod.ts';
import { makeAdmittedPod } from '../../test/support/injector/injection.ts';
import { originalProbes } from '../api/labels.ts';
import { parseProbes } from '../mesh/probes.ts';
import type { AdmittedContainer, AdmittedPod } from './admitted-pod.ts';
import { hookKey } from './names.ts';

const withHooks = (lifecycle: NonNullable<AdmittedContainer['lifecycle']>): AdmittedPod =>
  makeAdmittedPod({
    containers: [{ name: 'app', ports: [{ name: 'web', containerPort: 8080 }], lifecycle }],
  });

describe('lifecycle hooks', () => {
  it('that call the pod by HTTP are led to the sidecar', () => {
    const httpHeaders = [{ name: 'X-A', value: 'b' }];
    const injected = inject(
      withHooks({
        postStart: { httpGet: { path: '/started', port: 'web', httpHeaders } },
        preStop: { httpGet: { path: '/stopping', port: 8443, scheme: 'HTTPS' } },
      }),
    );
    const key = hookKey('u-1');
    expect(injected.spec.containers[0]?.lifecycle).toEqual({
      postStart: {
        httpGet: {
          path: `/osm-hook/app/postStart/${key}`,
          port: 15_906,
          scheme: 'HTTP',
          httpHeaders,
        },
      },
      preStop: { httpGet: { path: `/osm-hook/app/preStop/${key}`, port: 15_906, scheme: 'HTTP' } },
    });
    const common = { container: 'app', service: '', key };
    expect(JSON.parse(injected.metadata.annotations[originalProbes] ?? '')).toEqual([
      {
        ...{ ...common, probe: 'postStart', kind: 'http', port: 8080, path: '/started' },
        ...{ headers: httpHeaders, timeoutSeconds: 3600 },
      },
      {
        ...{ ...common, probe: 'preStop', kind: 'https', port: 8443, path: '/stopping' },
        ...{ headers: [], timeoutSeconds: 30 },
      },
    ]);
  });

  it('have addresses that differ from pod to pod', () => {
    expect(hookKey('u-1')).toMatch(/^[0-9a-f]{32}$/);
    expect(hookKey('u-1')).not.toBe(hookKey('u-2'));
  });

  it.each([
    { preStop: { httpGet: { host: 'elsewhere', port: 80 } } },
    { preStop: { exec: { command: ['true'] } } },
    { postStart: { exec: { command: ['true'] } }, preStop: { sleep: { seconds: 3 } } },
  ])('of other kinds stay as they are: %j', (lifecycle) => {
    const answer = ask(withHooks(lifecycle));
    expect(warningsOf(answer)).toEqual([]);
    expect(inject(withHooks(lifecycle)).spec.containers[0]?.lifecycle).toMatchObject(lifecycle);
  });

  it('that cannot be led are named in a warning', () => {
    const lost = { postStart: { tcpSocket: { port: 80 } }, preStop: { httpGet: { port: 'adm' } } };
    expect(warningsOf(ask(withHooks(lost)))).toEqual([
      'weft: the postStart hook of container app is a tcpSocket, which Kubernetes never runs; use httpGet or exec',
      'weft: the preStop hook of container app uses port "adm", which is not the name of a port of the container, so the kubelet cannot make that call; use a port number, or give a port of the container that name',
    ]);
  });

  it.each([
    [0, 1],
    [4_000_000_000, 2_147_483_647],
  ])('with a grace period of %i s have a note that can be read', (grace, noted) => {
    const { spec } = withHooks({ preStop: { httpGet: { path: '/stopping', port: 80 } } });
    const pod = makeAdmittedPod({ ...spec, terminationGracePeriodSeconds: grace });
    const read = parseProbes(inject(pod).metadata.annotations[originalProbes]);
    expect(read).toEqual([expect.objectContaining({ probe: 'preStop', timeoutSeconds: noted })]);
  });

  it('of a port that does not exist stay as they are, for the API server to refuse', () => {
    const lost = { preStop: { httpGet: { path: '/stopping', port: 70_000 } } };
    expect(inject(withHooks(lost)).spec.containers[0]?.lifecycle).toEqual(lost);
    expect(warningsOf(ask(withHooks(lost))).join()).toContain(
      'the preStop hook of container app uses port 70000, which is not a port',
    );
  });

  it('are never led to a port of the sidecar: S4', () => {
    const evil = { preStop: { httpGet: { path: '/quitquitquit', port: 15_000 } } };
    expect(messageOf(ask(withHooks(evil)))).toContain(
      'the preStop hook of container app uses port 15000, which the sidecar reserves',
    );
  });
});

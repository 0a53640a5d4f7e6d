import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { KubernetesObject } from '../../src/api/core.ts';
import type { MeshSettings } from '../../src/policy/mesh-settings.ts';
import { type makeService, makeNamespace } from '../support/builders/make-object.ts';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficTarget,
} from '../support/builders/make-policy.ts';
import { leading, podObject } from '../support/envoy/half-joined-objects.ts';
import { type LiveMesh, liveMesh } from '../support/envoy/live-mesh.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';

jest.setTimeout(120_000);

const namespace = 'ports';
const webIp = '10.96.6.1';
const twinIp = '10.96.6.2';
const plainIp = '10.96.6.3';
const udp = { name: 'udp-names', port: 53, targetPort: 5353, protocol: 'UDP' };

const mesh = meshOfTests();
let live: LiveMesh;
let client: TestPod;
let web: TestPod;
let plain: TestPod;

interface Rule {
  readonly kind: 'HTTPRouteGroup' | 'TCPRoute';
  readonly name: string;
}

function target(name: string, to: string, rule: Rule): KubernetesObject {
  return makeTrafficTarget({ name, to, namespace, from: ['ports/client'], rules: [rule] });
}

/** Three ports that lead to one, TCP and UDP of one number, a second service on the same pod. */
function cluster(): readonly KubernetesObject[] {
  const pods = { web: web.address };
  const [service, slice] = leading({
    ...{ name: 'web', namespace, clusterIP: webIp, selector: { app: 'web' }, pods },
    ports: [
      { name: 'http-80', port: 80, targetPort: 8080 },
      { name: 'http-8080', port: 8080 },
      { name: 'http-9000', port: 9000, targetPort: 8080 },
      { name: 'tcp-names', port: 53, targetPort: 5353 },
    ],
  }) as [ReturnType<typeof makeService>, KubernetesObject];
  const { ports = [], ...spec } = service.spec;
  return [
    makeNamespace(namespace),
    podObject(client, { name: 'client', app: 'client', namespace }),
    podObject(web, { name: 'web', app: 'web', namespace }),
    podObject(plain, { name: 'plain', app: 'plain', namespace }),
    { ...service, spec: { ...spec, ports: [...ports, udp] } } as KubernetesObject,
    slice,
    ...leading({
      ...{ name: 'twin', namespace, clusterIP: twinIp, selector: { app: 'web' }, pods },
      ports: [{ name: 'http-twin', port: 8080 }],
    }),
    ...leading({
      ...{ name: 'plain', namespace, clusterIP: plainIp, selector: { app: 'plain' } },
      ...{ pods: { plain: plain.address }, ports: [{ port: 8080 }] },
    }),
    makeRouteGroup({
      name: 'all',
      namespace,
      matches: [{ name: 'all', methods: ['*'], pathRegex: '.*' }],
    }),
    makeTcpRoute({ name: 'any', namespace }),
    target('web', 'web', { kind: 'HTTPRouteGroup', name: 'all' }),
    target('web-tcp', 'web', { kind: 'TCPRoute', name: 'any' }),
    target('plain', 'plain', { kind: 'HTTPRouteGroup', name: 'all' }),
  ];
}

beforeAll(async () => {
  live = liveMesh(mesh());
  client = await mesh().pod('client');
  web = await mesh().pod('web');
  plain = await mesh().pod('plain');
  await web.serve('http', 8080);
  await web.serve('talker', 5353);
  await plain.serve('http', 8080);
  await live.apply(cluster());
  await Promise.all([client, web, plain].map((pod) => pod.ready()));
});

describe('case 06: ports that share a target, and TCP beside UDP', () => {
  const modes: Readonly<Record<string, Partial<MeshSettings>>> = {
    permissive: { permissive: true },
    strict: { permissive: false },
  };
  for (const [mode, settings] of Object.entries(modes)) {
    it(`lead where each should in ${mode} mode, and no proxy refuses anything`, async () => {
      await live.apply(cluster(), settings);
      const nameAt = async (ip: string, port: number): Promise<unknown> =>
        (await client.get(`http://${ip}:${port}/p${port}`)).seen.name;
      await until(() => nameAt(webIp, 80), { holds: (answer) => answer === 'web' });
      expect(await nameAt(webIp, 8080)).toBe('web');
      expect(await nameAt(webIp, 9000)).toBe('web');
      expect(await nameAt(twinIp, 8080)).toBe('web');
      expect(await nameAt(plainIp, 8080)).toBe('plain');
      const script = `exec 3<>/dev/tcp/${webIp}/53; echo hi >&3; head -n 1 <&3`;
      expect(await client.exec(['bash', '-c', script])).toBe('web got hi\n');
      expect(mesh().ads.nacks).toEqual([]);
      expect(live.diagnostics().map(({ code, object }) => `${object.name} ${code}`)).toEqual([
        'web service-port-unsupported',
      ]);
    });
  }
});

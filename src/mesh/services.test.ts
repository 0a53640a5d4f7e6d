import { describe, expect, it } from '@jest/globals';
import { makePod, makeService } from '../../test/support/builders/make-object.ts';
import type { Pod, Service, ServicePort } from '../api/core.ts';
import { trim } from '../cluster/trim.ts';
import { isWorkload } from './pod-state.ts';
import { protocolOf } from './protocol.ts';
import { accountOf, compileService, type ServiceInput } from './services.ts';

const protocols: readonly (readonly [string, Partial<ServicePort>, string])[] = [
  ['appProtocol comes first', { name: 'tcp-x', appProtocol: 'http' }, 'http'],
  ['in any case', { appProtocol: 'GRPC' }, 'grpc'],
  ['HTTP/2 in the clear', { appProtocol: 'kubernetes.io/h2c' }, 'grpc'],
  ['TLS of the application', { appProtocol: 'https' }, 'tcp'],
  ['an unknown one is opaque', { appProtocol: 'x' }, 'tcp'],
  ['a database that speaks first', { appProtocol: 'mysql' }, 'tcp-server-first'],
  ['a database that listens first', { appProtocol: 'redis' }, 'tcp'],
  ['WebSockets', { appProtocol: 'kubernetes.io/ws' }, 'http'],
  ['WebSockets in TLS', { appProtocol: 'kubernetes.io/wss' }, 'tcp'],
  ['prefix https-', { name: 'https-web' }, 'tcp'],
  ['https alone', { name: 'https' }, 'tcp'],
  ['prefix tls-', { name: 'tls-web' }, 'tcp'],
  ['tls alone', { name: 'tls' }, 'tcp'],
  ['a word that only begins so', { name: 'httpsx' }, 'http'],
  ['443 that says nothing', { port: 443 }, 'tcp'],
  ['8443 that says nothing', { port: 8443 }, 'tcp'],
  ['443 whose name says HTTP', { port: 443, name: 'http-web' }, 'http'],
  ['443 with a name that says nothing', { port: 443, name: 'web' }, 'http'],
  ['443 whose appProtocol says HTTP', { port: 443, appProtocol: 'http' }, 'http'],
  ['one that objects have by nature', { appProtocol: 'constructor' }, 'tcp'],
  ['the longest prefix of the name', { name: 'tcp-server-first-db' }, 'tcp-server-first'],
  ['prefix tcp-', { name: 'tcp-db' }, 'tcp'],
  ['prefix grpc-', { name: 'grpc-api' }, 'grpc'],
  ['the dash is needed', { name: 'tcp' }, 'http'],
  ['nothing is said', {}, 'http'],
];

describe('protocolOf', () => {
  for (const [name, port, protocol] of protocols) {
    it(name, () => expect(protocolOf({ port: 1, ...port })).toBe(protocol));
  }
});

/** These pods behind a service that selects them. */
function having(...pods: readonly Pod[]): ServiceInput {
  const behind = { pods, unselected: new Set<string>(), written: new Map() };
  return { behind, lost: [], hasSidecar: (pod) => isWorkload(pod, 'osm') };
}

describe('compileService', () => {
  it('carries TCP alone, and says so', () => {
    const ports = [{ port: 80 }, { port: 53, protocol: 'UDP' }, { port: 54, protocol: 'SCTP' }];
    const { service, diagnostics } = compileService(makeService({ ports }), having());
    expect(service.ports).toEqual([{ port: 80, name: '', protocol: 'http' }]);
    expect(diagnostics.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
      'service-port-unsupported note',
      'service-port-unsupported note',
    ]);
  });

  it('names an appProtocol that it does not know', () => {
    const { diagnostics } = compileService(
      makeService({ ports: [{ port: 1, appProtocol: 'x' }] }),
      having(),
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(['service-protocol-unsupported']);
  });

  it.each([
    ['tcp', 'tcp'],
    ['redis', 'tcp'],
    ['postgres', 'tcp'],
    ['mongo', 'tcp'],
    ['mysql', 'tcp-server-first'],
    ['mariadb', 'tcp-server-first'],
  ])('says that a port named %s alone is read as HTTP, and what to declare', (name, remedy) => {
    const { service, diagnostics } = compileService(
      makeService({ ports: [{ port: 7, name }] }),
      having(),
    );
    expect(service.ports).toEqual([{ port: 7, name, protocol: 'http' }]);
    expect(diagnostics.map(({ code }) => code)).toEqual(['service-protocol-assumed']);
    expect(diagnostics[0]?.message).toContain(`port 7 is named "${name}"`);
    expect(diagnostics[0]?.message).toContain(`set appProtocol: ${remedy}, `);
  });

  it.each<Partial<ServicePort>>([
    { name: 'tcp-db' },
    { name: 'https' },
    { name: 'web' },
    { name: 'http' },
    { name: 'redis', appProtocol: 'redis' },
    { name: 'redis', appProtocol: 'http' },
  ])('says nothing of a port whose protocol is told or is HTTP: %j', (port) => {
    const { diagnostics } = compileService(
      makeService({ ports: [{ port: 7, ...port }] }),
      having(),
    );
    expect(diagnostics).toEqual([]);
  });

  it.each([
    ['ClientIP', ['service-affinity-ignored']],
    ['None', []],
    [undefined, []],
  ])('says that a session affinity of %s has no effect', (sessionAffinity, codes) => {
    const service = makeService();
    const spec = { ...service.spec, ...(sessionAffinity && { sessionAffinity }) };
    const { diagnostics } = compileService(
      trim('Service', { ...service, spec } as Service),
      having(),
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(codes);
  });

  it('names two ports that read one target port in two ways', () => {
    const ports = [
      { port: 80, targetPort: 8080 },
      { port: 81, targetPort: 8080, name: 'tcp-raw' },
      { port: 82, targetPort: 8082, name: 'tcp-own' },
    ];
    const { diagnostics } = compileService(makeService({ ports }), having());
    expect(diagnostics.map(({ code }) => code)).toEqual(['service-protocol-conflict']);
    expect(diagnostics[0]?.message).toContain('ports 80 and 81');
  });

  it.each([
    ['a name and its number', { targetPort: 'web' }, { targetPort: 8080 }],
    ['two names of one number', { targetPort: 'web' }, { targetPort: 'raw' }],
  ])('names two ports that lead to one port of a pod by %s', (...[, one, other]) => {
    const ports = [
      { port: 80, ...one },
      { port: 81, ...other, name: 'tcp-raw' },
    ];
    const pod = makePod({ ports: { web: 8080, raw: 8080 } });
    const of = (...pods: readonly Pod[]): readonly string[] =>
      compileService(makeService({ ports }), having(...pods)).diagnostics.map(({ code }) => code);
    expect(of(pod, pod)).toEqual(['service-protocol-conflict']);
    expect(of()).toEqual([]);
  });

  it.each([
    ['Local', '10.96.0.1', ['service-locality-ignored']],
    ['Local', 'None', []],
    ['Cluster', '10.96.0.1', []],
  ])(
    'says that an internal traffic policy of %s has no effect on %s',
    (internalTrafficPolicy, clusterIP, codes) => {
      const service = makeService({ clusterIP });
      const spec = { ...service.spec, internalTrafficPolicy };
      const { diagnostics } = compileService(
        trim('Service', { ...service, spec } as Service),
        having(),
      );
      expect(diagnostics.map(({ code }) => code)).toEqual(codes);
    },
  );

  it('has an address for each family, and none when headless', () => {
    const service = makeService();
    const dual = { ...service, spec: { ...service.spec, clusterIPs: ['10.96.0.1', 'fd00::1'] } };
    expect(compileService(dual, having()).service).toMatchObject({
      addresses: ['10.96.0.1', 'fd00::1'],
      headless: false,
    });
    expect(compileService(makeService({ clusterIP: 'None' }), having()).service).toMatchObject({
      addresses: [],
      headless: true,
    });
  });

  it('lists the identities behind it once, sorted', () => {
    const pods = [makePod({ account: 'b' }), makePod({ account: 'a' }), makePod({ account: 'b' })];
    expect(compileService(makeService(), having(...pods)).service.accounts).toEqual([
      'shop/a',
      'shop/b',
    ]);
  });

  it('takes a pod without a ServiceAccount for "default"', () => {
    const pod = makePod();
    expect(accountOf({ ...pod, spec: { containers: [] } })).toBe('shop/default');
    expect(accountOf({ ...pod, spec: { ...pod.spec, serviceAccountName: '' } })).toBe(
      'shop/default',
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { makePod, makeService } from '../../test/build/make-object.ts';
import type { ServicePort } from '../api/core.ts';
import { accountOf, compileService, protocolOf } from './services.ts';

const protocols: readonly (readonly [string, Omit<ServicePort, 'port'>, string])[] = [
  ['appProtocol comes first', { name: 'tcp-x', appProtocol: 'http' }, 'http'],
  ['in any case', { appProtocol: 'GRPC' }, 'grpc'],
  ['HTTP/2 in the clear', { appProtocol: 'kubernetes.io/h2c' }, 'grpc'],
  ['TLS of the application', { appProtocol: 'https' }, 'tcp'],
  ['an unknown one is opaque', { appProtocol: 'mysql' }, 'tcp'],
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

describe('compileService', () => {
  it('carries TCP alone, and says so', () => {
    const ports = [{ port: 80 }, { port: 53, protocol: 'UDP' }, { port: 54, protocol: 'SCTP' }];
    const { service, diagnostics } = compileService(makeService({ ports }), []);
    expect(service.ports).toEqual([{ port: 80, name: '', protocol: 'http' }]);
    expect(diagnostics.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
      'service-port-unsupported warning',
      'service-port-unsupported warning',
    ]);
  });

  it('names an appProtocol that it does not know', () => {
    const { diagnostics } = compileService(
      makeService({ ports: [{ port: 1, appProtocol: 'x' }] }),
      [],
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(['service-protocol-unsupported']);
  });

  it('has an address for each family, and none when headless', () => {
    const service = makeService();
    const dual = { ...service, spec: { ...service.spec, clusterIPs: ['10.96.0.1', 'fd00::1'] } };
    expect(compileService(dual, []).service).toMatchObject({
      addresses: ['10.96.0.1', 'fd00::1'],
      headless: false,
    });
    expect(compileService(makeService({ clusterIP: 'None' }), []).service).toMatchObject({
      addresses: [],
      headless: true,
    });
  });

  it('lists the identities behind it once, sorted', () => {
    const pods = [makePod({ account: 'b' }), makePod({ account: 'a' }), makePod({ account: 'b' })];
    expect(compileService(makeService(), pods).service.accounts).toEqual(['shop/a', 'shop/b']);
  });

  it('takes a pod without a ServiceAccount for "default"', () => {
    const pod = makePod();
    expect(accountOf({ ...pod, spec: { containers: [] } })).toBe('shop/default');
    expect(accountOf({ ...pod, spec: { ...pod.spec, serviceAccountName: '' } })).toBe(
      'shop/default',
    );
  });
});

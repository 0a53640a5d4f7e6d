import { describe, expect, it } from '@jest/globals';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import { makeNamespace, makePod, makeService } from '../../test/support/builders/make-object.ts';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficTarget,
} from '../../test/support/builders/make-policy.ts';
import type { KubernetesObject, ServicePort } from '../api/core.ts';
import { compileMesh } from './compile.ts';

const route = makeTcpRoute();
const byHttp = makeTrafficTarget();
const byTcp = makeTrafficTarget({
  name: 'by-tcp',
  rules: [{ kind: 'TCPRoute', name: route.metadata.name }],
});

function messagesFor(port: ServicePort, policies: readonly KubernetesObject[]): string[] {
  const service = makeService({ ports: [port] });
  const objects = [makeNamespace(), makePod(), service, makeRouteGroup(), route, ...policies];
  const { diagnostics } = compileMesh(makeSnapshot(objects), makeSettings());
  return diagnostics
    .filter(({ code }) => code === 'service-protocol-assumed')
    .map(({ object, message }) => `${object.kind} ${object.name}: ${message}`);
}

describe('a port that is opaque by its number', () => {
  it.each([443, 8443])('is named when all rules are for HTTP: %i', (port) => {
    const [one, ...others] = messagesFor({ port }, [byHttp]);
    expect(others).toEqual([]);
    expect(one).toContain(`Service cart: port ${String(port)} declares no protocol`);
    expect(one).toContain(`TrafficTarget shop/${byHttp.metadata.name}`);
    expect(one).toContain('set appProtocol: http');
  });

  it.each<[string, ServicePort, readonly KubernetesObject[]]>([
    ['no rule is for its pods', { port: 443 }, []],
    ['a rule opens it', { port: 443 }, [byHttp, byTcp]],
    ['it says that it is HTTP', { port: 443, appProtocol: 'http' }, [byHttp]],
    ['it says that it is not', { port: 443, appProtocol: 'https' }, [byHttp]],
    ['its name says so', { port: 443, name: 'https' }, [byHttp]],
    ['its number says nothing', { port: 444 }, [byHttp]],
    ['it is no TCP', { port: 443, protocol: 'UDP' }, [byHttp]],
  ])('is not when %s', (_what, port, policies) => {
    expect(messagesFor(port, policies)).toEqual([]);
  });
});

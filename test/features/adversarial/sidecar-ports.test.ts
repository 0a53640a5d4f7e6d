import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { EndpointSlice, ServicePort } from '../../../src/api/core.ts';
import { ports as sidecar } from '../../../src/envoy/ports.ts';
import { isSidecarPort, sidecarPorts } from '../../../src/common/sidecar-ports.ts';
import type { ResourceSet } from '../../../src/xds/resources/resource.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
  withoutSelector,
} from '../../support/builders/make-object.ts';
import { makeTrafficSplit } from '../../support/builders/make-policy.ts';
import { jsonOf } from '../../support/resources/messages.ts';
import { meshOf, type MeshOf } from '../../support/attacks/mesh-of.ts';
import { runs } from '../../support/attacks/odd-objects.ts';

jest.setTimeout(120_000);

const db = makePod({
  ...{ name: 'db-0', account: 'db', ip: '10.1.0.2' },
  ports: { adm: 15_000, db: 5432 },
});
const base = [makeNamespace(), makePod({ name: 'web-1', account: 'web', ip: '10.1.0.1' }), db];

/** A service "db" with that port, and the slice that the API server would make of it, or another. */
function mesh(
  port: ServicePort,
  { target = 15_000, ...more }: { target?: number; clusterIP?: string; selector?: boolean } = {},
): MeshOf {
  const made = makeService({ name: 'db', ports: [port], clusterIP: more.clusterIP ?? '10.96.0.1' });
  const service = more.selector === false ? withoutSelector(made) : made;
  const slice = makeEndpointSlice({
    ...{ service: 'db', pods: { 'db-0': '10.1.0.2' } },
    ports: [{ name: port.name ?? '', port: target, protocol: 'TCP' }],
  });
  return meshOf([...base, service, slice], { permissive: true });
}

/** Every place in a set where one of these ports stands but as what is dialled: a service's own number. */
function ledTo(set: ResourceSet): readonly string[] {
  const dialled = (name: string): boolean =>
    ['outbound', 'inbound'].includes(name) || name.startsWith('outbound/');
  return Object.values(set).flatMap((resources: ResourceSet['listener']) =>
    [...resources.values()].flatMap((resource) => {
      const text = JSON.stringify(jsonOf(resource));
      const found = [...text.matchAll(/"(portValue|destinationPort)":(\d+)/g)]
        .filter(([, field]) => !(dialled(resource.name) && field === 'portValue'))
        .map(([, , port]) => Number(port))
        .filter(isSidecarPort);
      return found.map((port) => `${resource.type} ${resource.name} leads to ${port}`);
    }),
  );
}

function expectLeftOut(made: MeshOf): void {
  for (const set of made.sets.values()) expect(ledTo(set)).toEqual([]);
  const diagnostics = made.diagnostics.filter(({ code }) => code === 'service-port-reserved');
  expect(diagnostics.map(({ object }) => `${object.kind} ${object.name}`)).toEqual(['Service db']);
  expect(diagnostics[0]?.message).toContain('targetPort');
}

describe("S5: a sidecar's port", () => {
  it('is known as such, each of them', () => {
    expect(Object.values(sidecar).filter((port) => !isSidecarPort(port))).toEqual([]);
  });

  for (const target of Object.values(sidecarPorts)) {
    it(`is led to by no service: targetPort ${target}`, () => {
      expectLeftOut(mesh({ name: 'http-adm', port: 80, targetPort: target }, { target }));
    });
  }

  it('is led to by no name of a port', () => {
    expectLeftOut(mesh({ name: 'http-adm', port: 80, targetPort: 'adm' }));
  });

  it('is led to by no port of the Service itself', () => {
    expectLeftOut(mesh({ name: 'http-adm', port: 15_000, targetPort: 0 }));
    expectLeftOut(mesh({ name: 'http-adm', port: 15_000 }));
  });

  it('gets no calls by an EndpointSlice that a user wrote', () => {
    expectLeftOut(mesh({ name: 'http-adm', port: 80, targetPort: 8080 }));
    expectLeftOut(mesh({ name: 'http-adm', port: 80 }, { selector: false }));
    expectLeftOut(mesh({ name: 'tcp-adm', port: 15_001 }, { clusterIP: 'None', target: 15_001 }));
  });

  it('is led to by no backend of a split', () => {
    const port = { name: 'http-adm', port: 80 };
    const apex = makeService({ name: 'apex', ports: [port], clusterIP: '10.96.0.9' });
    const service = makeService({ name: 'db', ports: [{ ...port, targetPort: 15_000 }] });
    const slice: EndpointSlice = makeEndpointSlice({
      ...{ service: 'db', pods: { 'db-0': '10.1.0.2' } },
      ports: [{ name: 'http-adm', port: 15_000, protocol: 'TCP' }],
    });
    const split = makeTrafficSplit({ apex: 'apex', backends: { db: 1 } });
    expectLeftOut(meshOf([...base, apex, service, slice, split], { permissive: true }));
  });

  it('takes no other port of the Service with it', () => {
    const ports = [
      { name: 'http-adm', port: 81, targetPort: 15_000 },
      { name: 'tcp-db', port: 5432 },
    ];
    const service = makeService({ name: 'db', ports });
    const slice = makeEndpointSlice({
      ...{ service: 'db', pods: { 'db-0': '10.1.0.2' } },
      ports: [
        { name: 'http-adm', port: 15_000 },
        { name: 'tcp-db', port: 5432 },
      ],
    });
    const made = meshOf([...base, service, slice], { permissive: true });
    expectLeftOut(made);
    expect(made.model.endpoints.get('shop/db|5432' as never)).toHaveLength(1);
    const served = [...made.model.workloads.values()].flatMap((workload) => workload.served);
    expect(served.map(({ targetPort }) => targetPort)).toEqual([5432]);
  });

  it('is led to in no way, whatever a Service and its slices say', () => {
    const number = fc.constantFrom(80, 8080, ...Object.values(sidecarPorts));
    const port = fc.record({
      name: fc.constantFrom('', 'http-adm', 'tcp-adm'),
      port: number,
      targetPort: fc.oneof(number, fc.constantFrom('adm', 'db', 0)),
    });
    const options = fc.record({
      target: number,
      clusterIP: fc.constantFrom('10.96.0.1', 'None'),
      selector: fc.boolean(),
    });
    fc.assert(
      fc.property(port, options, (of, more) => {
        for (const set of mesh(of, more).sets.values()) {
          expect(ledTo(set)).toEqual([]);
        }
      }),
      runs(150),
    );
  });
});

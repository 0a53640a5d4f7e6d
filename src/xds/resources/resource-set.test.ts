import { describe, expect, it } from '@jest/globals';
import {
  account,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeOutbound,
  makePort,
  makeReachable,
  makeServed,
  makeService,
} from '../../../test/support/builders/make-view.ts';
import { makeSettings } from '../../../test/support/builders/make-settings.ts';
import { inconsistencies } from '../../../test/support/oracles/inconsistencies.ts';
import { jsonOf } from '../../../test/support/resources/messages.ts';
import type { Endpoint, EndpointMap } from '../../policy/endpoints.ts';
import { createAssembler } from './resource-set.ts';
import { builtResource } from './built-resource.ts';
import { encode } from './encode.ts';
import { create } from '@bufbuild/protobuf';
import { SecretSchema } from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';

const settings = makeSettings();
const bookstore = makeReachable(makeService('bookstore'));
const warehouse = makeReachable(makeService('warehouse', { addresses: ['10.96.0.2'] }));
const outbound = makeOutbound({ services: [bookstore, warehouse], settings });
const inbound = makeInbound({ served: [makeServed(8080)], settings });
const view = { inbound, outbound };
const store = [makeEndpoint('10.0.0.1', 8080)];
const endpoints = makeEndpoints({ 'bookstore/bookstore|80': store });

function replaced(key: string, list: readonly Endpoint[]): EndpointMap {
  return new Map([...endpoints, ...makeEndpoints({ [key]: list })]);
}

describe('assemble', () => {
  it('gives the same object for the same view, endpoints and secrets', () => {
    const { assemble } = createAssembler();
    const first = assemble(view, endpoints, undefined);
    expect(assemble(view, endpoints, undefined)).toBe(first);
    expect(assemble(view, new Map(endpoints), undefined)).toBe(first);
    expect(first.secret.size).toBe(0);
    expect(inconsistencies(first)).toEqual([]);
  });

  it('makes only endpoints again when an endpoint list is new', () => {
    const { assemble } = createAssembler();
    const before = assemble(view, endpoints, undefined);
    const grown = replaced('bookstore/bookstore|80', [...store, makeEndpoint('10.0.0.2', 8080)]);
    const after = assemble(view, grown, undefined);
    expect(after).not.toBe(before);
    for (const type of ['cluster', 'listener', 'route'] as const)
      expect(after[type]).toBe(before[type]);
    const name = 'bookstore/bookstore|80';
    expect(after.endpoint.get(name)?.version).not.toBe(before.endpoint.get(name)?.version);
    const other = 'warehouse/warehouse|80';
    expect(after.endpoint.get(other)).toBe(before.endpoint.get(other));
  });

  it('shares the endpoint map between all proxies of one outbound view', () => {
    const { assemble } = createAssembler();
    const sister = { inbound: makeInbound({ served: [makeServed(9090)], settings }), outbound };
    const one = assemble(view, endpoints, undefined);
    const two = assemble(sister, endpoints, undefined);
    expect(two.endpoint).toBe(one.endpoint);
    expect(two.listener).not.toBe(one.listener);
  });

  it('shares the resources of a service between identities that may know it', () => {
    const { assemble } = createAssembler();
    const thief = makeOutbound({ account: account('thief'), services: [bookstore], settings });
    const one = assemble(view, endpoints, undefined);
    const two = assemble({ inbound, outbound: thief }, endpoints, undefined);
    const name = 'outbound/bookstore/bookstore/80';
    expect(two.listener.get(name)).toBe(one.listener.get(name));
    expect(two.route.get(name)).toBe(one.route.get(name));
    for (const type of ['cluster', 'endpoint'] as const) {
      const cluster = 'bookstore/bookstore|80';
      expect(two[type].get(cluster)).toBe(one[type].get(cluster));
    }
  });

  it('shares all of it between identities that may call the same services', () => {
    const { assemble } = createAssembler();
    const sister = { ...outbound, account: account('sister') };
    const one = assemble(view, endpoints, undefined);
    const two = assemble({ inbound, outbound: sister }, endpoints, undefined);
    expect(two.endpoint).toBe(one.endpoint);
    expect([...two.listener.values()]).toEqual([...one.listener.values()]);
    const sameResources = [...two.listener].every(([name, r]) => one.listener.get(name) === r);
    expect(sameResources).toBe(true);
  });

  it('changes only the secrets when a certificate is new', () => {
    const { assemble } = createAssembler();
    const secret = [
      encode(builtResource('secret', create(SecretSchema, { name: 'workload' }), [])),
    ];
    const before = assemble(view, endpoints, undefined);
    const after = assemble(view, endpoints, secret);
    expect([...after.secret.keys()]).toEqual(['workload']);
    expect(after.listener).toBe(before.listener);
    expect(after.endpoint).toBe(before.endpoint);
  });

  it('offers no endpoint of an identity that is closed to the caller', () => {
    const shared = makeService('shared', { accounts: [account('a'), account('b')] });
    const services = [makeReachable(shared, { accounts: [account('a')] })];
    const list = [
      makeEndpoint('10.0.0.1', 80, account('a')),
      makeEndpoint('10.0.0.2', 80, account('b')),
    ];
    const both = makeEndpoints({ 'shared/shared|80': list });
    const onlyA = makeEndpoints({ 'shared/shared|80': list.slice(0, 1) });
    const versionWith = (some: EndpointMap): string | undefined =>
      createAssembler()
        .assemble({ inbound, outbound: makeOutbound({ services }) }, some, undefined)
        .endpoint.get('shared/shared|80')?.version;
    expect(versionWith(both)).toBe(versionWith(onlyA));
  });

  it('follows the pods of a headless service, and leaves listeners alone when others change', () => {
    const { assemble } = createAssembler();
    const db = makeService('db', { headless: true, addresses: [], ports: [makePort(5432, 'tcp')] });
    const services = [makeReachable(db), bookstore];
    const caller = { inbound, outbound: makeOutbound({ services, settings }) };
    const pods = (...addresses: string[]): EndpointMap =>
      makeEndpoints({
        'db/db|5432': addresses.map((one) => makeEndpoint(one, 5432, account('db'))),
      });
    const first = pods('10.0.0.1');
    const one = assemble(caller, first, undefined);
    const two = assemble(caller, new Map([...first, ...endpoints]), undefined);
    expect(two.listener).toBe(one.listener);
    const three = assemble(caller, pods('10.0.0.1', '10.0.0.2'), undefined);
    const added = [...three.listener.keys()].filter((name) => !one.listener.has(name));
    expect(added).toEqual(['outbound-pod/10.0.0.2/5432']);
  });

  it('keeps the listener of a pod that is not ready, and calls it no more by the name', () => {
    const { assemble } = createAssembler();
    const db = makeService('db', { headless: true, addresses: [], ports: [makePort(5432, 'tcp')] });
    const caller = { inbound, outbound: makeOutbound({ services: [makeReachable(db)], settings }) };
    const pods = (unready: readonly string[]): EndpointMap =>
      makeEndpoints({
        'db/db|5432': ['10.0.0.1', '10.0.0.2'].map((one) => ({
          ...makeEndpoint(one, 5432, account('db')),
          ...(unready.includes(one) ? { unready: true as const } : {}),
        })),
      });
    const [all, one] = [[], ['10.0.0.1']].map((unready) =>
      assemble(caller, pods(unready), undefined),
    );
    expect(one!.listener).toBe(all!.listener);
    const called = JSON.stringify(jsonOf(one!.endpoint.get('db/db|5432')!));
    expect(called).toContain('10.0.0.2');
    expect(called).not.toContain('10.0.0.1');
  });

  it('has no listener when no service can be reached and no caller may come in', () => {
    const nothing = { inbound, outbound: makeOutbound({ settings }) };
    const set = createAssembler().assemble(nothing, endpoints, undefined);
    expect([...set.listener.keys()]).toEqual([]);
  });
});

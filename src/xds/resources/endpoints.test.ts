import { describe, expect, it } from '@jest/globals';
import { makeEndpoint } from '../../../test/support/builders/make-view.ts';
import { type PortKey, portKey } from '../../policy/endpoints.ts';
import { serviceKey } from '../../policy/service.ts';
import { EndpointResources } from './endpoint-resources.ts';
import { assignment } from './endpoints.ts';

const key: PortKey = portKey(serviceKey('bookstore', 'bookstore'), 80);
const endpoints = [makeEndpoint('10.0.0.1', 8080), makeEndpoint('fd00::1', 8080)];
const accounts = endpoints.flatMap(({ account }) => account ?? []);

describe('assignment', () => {
  it('has the addresses of the endpoints', () => {
    const { type, name, message } = assignment({ key, accounts }, endpoints);
    const addresses = message.endpoints.flatMap(({ lbEndpoints }) =>
      lbEndpoints.map(({ hostIdentifier }) =>
        hostIdentifier.case === 'endpoint'
          ? hostIdentifier.value.address?.address.value
          : undefined,
      ),
    );
    expect([type, name, message.clusterName]).toEqual(['endpoint', key, key]);
    expect(addresses).toMatchObject([
      { address: '10.0.0.1', portSpecifier: { case: 'portValue', value: 8080 } },
      { address: 'fd00::1', portSpecifier: { case: 'portValue', value: 8080 } },
    ]);
  });

  it('says that there are none rather than nothing', () => {
    const { message } = assignment({ key, accounts }, []);
    expect(message).toMatchObject({ clusterName: key, endpoints: [] });
  });
});

describe('EndpointResources', () => {
  it('encodes a list once', () => {
    const resources = new EndpointResources();
    const one = resources.get({ key, accounts }, endpoints);
    expect(resources.get({ key, accounts: [...accounts] }, endpoints)).toBe(one);
    expect(resources.get({ key, accounts: [] }, endpoints)).not.toBe(one);
  });
});

import { create, equals, fromBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { makeEndpoint } from '../../../test/support/builders/make-view.ts';
import { messageOf } from '../../../test/support/resources/messages.ts';
import { ClusterSchema } from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ResourceSchema } from '../../envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { type PortKey, portKey } from '../../policy/endpoints.ts';
import { serviceKey } from '../../policy/service.ts';
import { EndpointEncoder } from './endpoints.ts';
import { resourceOf } from './resource-of.ts';

describe('resourceOf', () => {
  it('encodes a discovery Resource of the message', () => {
    const cluster = create(ClusterSchema, { name: 'shop/cart|80' });
    const resource = resourceOf('cluster', cluster, []);
    const expected = create(ResourceSchema, {
      name: 'shop/cart|80',
      version: resource.version,
      resource: anyPack(ClusterSchema, cluster),
    });
    expect(equals(ResourceSchema, fromBinary(ResourceSchema, resource.encoded), expected)).toBe(
      true,
    );
  });

  it('gives equal content one version and other content another', () => {
    const versionOf = (altStatName: string): string =>
      resourceOf('cluster', create(ClusterSchema, { name: 'x', altStatName }), []).version;
    expect(versionOf('a')).toBe(versionOf('a'));
    expect(versionOf('a')).not.toBe(versionOf('b'));
    // Known text: a version must be the same on every replica and after every upgrade.
    expect(versionOf('')).toBe('fdc43edb6d4184a831bb811058d021c9');
  });
});

describe('EndpointEncoder', () => {
  const key: PortKey = portKey(serviceKey('bookstore', 'bookstore'), 80);
  const endpoints = [makeEndpoint('10.0.0.1', 8080), makeEndpoint('fd00::1', 8080)];
  const accounts = endpoints.flatMap(({ account }) => account ?? []);

  it('writes the assignment that Envoy reads', () => {
    const resource = new EndpointEncoder().resource({ key, accounts }, endpoints);
    const { clusterName, endpoints: localities } = messageOf('endpoint', resource);
    const addresses = localities.flatMap(({ lbEndpoints }) =>
      lbEndpoints.map(({ hostIdentifier }) =>
        hostIdentifier.case === 'endpoint'
          ? hostIdentifier.value.address?.address.value
          : undefined,
      ),
    );
    expect(clusterName).toBe('bookstore/bookstore|80');
    expect(addresses).toMatchObject([
      { address: '10.0.0.1', portSpecifier: { case: 'portValue', value: 8080 } },
      { address: 'fd00::1', portSpecifier: { case: 'portValue', value: 8080 } },
    ]);
  });

  it('says that there are none rather than nothing', () => {
    const resource = new EndpointEncoder().resource({ key, accounts }, []);
    expect(messageOf('endpoint', resource)).toMatchObject({
      clusterName: 'bookstore/bookstore|80',
      endpoints: [],
    });
  });

  it('encodes a list once', () => {
    const encoder = new EndpointEncoder();
    const one = encoder.resource({ key, accounts }, endpoints);
    expect(encoder.resource({ key, accounts: [...accounts] }, endpoints)).toBe(one);
  });
});

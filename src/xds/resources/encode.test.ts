import { create, equals, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Cluster, ClusterSchema } from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ResourceSchema } from '../../envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { builtResource } from './built-resource.ts';
import { encode } from './encode.ts';
import { messageOf } from './message-of.ts';
import type { Resource } from './resource.ts';

function encoded(message: Cluster): Resource {
  return encode(builtResource('cluster', message, []));
}

describe('encode', () => {
  it('writes what the library writes of a discovery Resource, of any length', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, text, fc.constantFrom(0, 1, 5, 500), (name, stat, times) => {
        const cluster = create(ClusterSchema, { name, altStatName: stat.repeat(times) });
        const resource = encoded(cluster);
        const { version } = resource;
        const expected = { name, version, resource: anyPack(ClusterSchema, cluster) };
        const library = toBinary(ResourceSchema, create(ResourceSchema, expected));
        expect(Buffer.compare(resource.encoded, library)).toBe(0);
      }),
    );
  });

  it('gives equal content one version and other content another', () => {
    const versionOf = (altStatName: string): string =>
      encoded(create(ClusterSchema, { name: 'x', altStatName })).version;
    expect(versionOf('a')).toBe(versionOf('a'));
    expect(versionOf('a')).not.toBe(versionOf('b'));
    // Known text: a version must be the same on every replica and after every upgrade.
    expect(versionOf('')).toBe('fdc43edb6d4184a831bb811058d021c9');
  });

  it('keeps the origins and what a table allows, and not the message', () => {
    const origins = [{ kind: 'TrafficTarget', namespace: 'shop', name: 'x', generation: 1 }];
    const grants = { rules: [], permissive: true, services: [], pathMatch: 'Full' } as const;
    const built = builtResource('cluster', create(ClusterSchema, { name: 'x' }), origins);
    const { version, encoded, ...others } = encode({ ...built, grants });
    expect(others).toEqual({ type: 'cluster', name: 'x', origins, grants });
    expect([version.length, encoded.length > 0]).toEqual([32, true]);
  });
});

describe('messageOf', () => {
  const cluster = create(ClusterSchema, { name: 'x', altStatName: 'y' });

  it('gives the message again, as another object', () => {
    const message = messageOf('cluster', encoded(cluster));
    expect(equals(ClusterSchema, message, cluster)).toBe(true);
    expect(message).not.toBe(cluster);
  });

  it('refuses another type', () => {
    expect(() => messageOf('route', encoded(cluster))).toThrow('x is not a route');
  });
});

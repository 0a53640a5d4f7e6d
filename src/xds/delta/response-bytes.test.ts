import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { makeResource } from '../../../test/fakes/resource-sets.ts';
import { DeltaDiscoveryResponseSchema } from '../../envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { typeUrls } from '../resources/resource.ts';
import { ResponseBytes, encodeResponse } from './response-bytes.ts';

const a = makeResource('cluster', 'a');
const b = makeResource('cluster', 'b');

describe('response bytes', () => {
  it.each([1, 127, 128, 16_383, 16_384, 300_000])(
    'are a response, also around a resource of %i bytes',
    (length) => {
      const long = makeResource('cluster', 'n'.repeat(length));
      const content = { type: 'cluster', changed: [a, long, b], removed: ['c', 'd'] } as const;
      const message = fromBinary(DeltaDiscoveryResponseSchema, encodeResponse(content, '7'));
      expect(message.typeUrl).toBe(typeUrls.cluster);
      expect(message.nonce).toBe('7');
      expect(message.resources.map(({ name }) => name)).toEqual(['a', long.name, 'b']);
      expect(message.removedResources).toEqual(['c', 'd']);
    },
  );

  it('are built once for all streams that are sent the same', () => {
    const bytes = new ResponseBytes();
    const first = bytes.of({ type: 'cluster', changed: [a, b], removed: ['c'] });
    expect(bytes.of({ type: 'cluster', changed: [a, b], removed: ['c'] })).toBe(first);
    expect(bytes.count).toBe(1);
  });

  it('differ, nonce included, when anything differs', () => {
    const bytes = new ResponseBytes();
    const nonces = [
      bytes.of({ type: 'cluster', changed: [a], removed: [] }),
      bytes.of({ type: 'listener', changed: [a], removed: [] }),
      bytes.of({ type: 'cluster', changed: [b], removed: [] }),
      bytes.of({ type: 'cluster', changed: [makeResource('cluster', 'a')], removed: [] }),
      bytes.of({ type: 'cluster', changed: [a], removed: ['b'] }),
    ].map(({ nonce }) => nonce);
    expect(new Set(nonces).size).toBe(5);
  });

  it('are kept only up to a budget, the least used go first', () => {
    const bytes = new ResponseBytes(400);
    const content = { type: 'cluster', changed: [a], removed: [] } as const;
    const first = bytes.of(content);
    for (let other = 0; other < 20; other += 1) {
      bytes.of({ type: 'cluster', changed: [], removed: [`gone-${other}`] });
      expect(bytes.of(content)).toBe(first);
    }
    bytes.of({ type: 'cluster', changed: [], removed: ['x'.repeat(500)] });
    expect(bytes.of(content)).not.toBe(first);
  });

  it('are kept from one age to the next only if they were used in it', () => {
    const bytes = new ResponseBytes();
    const content = { type: 'cluster', changed: [a], removed: [] } as const;
    const idle = { type: 'cluster', changed: [b], removed: [] } as const;
    const [used, unused] = [bytes.of(content), bytes.of(idle)];
    bytes.tidy();
    expect(bytes.of(content)).toBe(used);
    bytes.tidy();
    expect(bytes.of(content)).toBe(used);
    expect(bytes.of(idle)).not.toBe(unused);
  });
});

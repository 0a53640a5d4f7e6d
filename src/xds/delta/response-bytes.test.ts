import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { makeResource } from '../../../test/support/resources/resource-sets.ts';
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
      const message = fromBinary(
        DeltaDiscoveryResponseSchema,
        encodeResponse(content, '7').subarray(5),
      );
      expect(message.typeUrl).toBe(typeUrls.cluster);
      expect(message.nonce).toBe('7');
      expect(message.resources.map(({ name }) => name)).toEqual(['a', long.name, 'b']);
      expect(message.removedResources).toEqual(['c', 'd']);
    },
  );

  it('come with gRPC’s prefix, which holds their length', () => {
    const response = new ResponseBytes().encode({ type: 'cluster', changed: [a, b], removed: [] });
    expect([...response.framed.subarray(0, 5)]).toEqual([0, 0, 0, 0, response.bytes.length]);
    expect(response.framed.subarray(5).equals(response.bytes)).toBe(true);
  });

  it('are built once for all streams that are sent the same', () => {
    const bytes = new ResponseBytes();
    const first = bytes.encode({ type: 'cluster', changed: [a, b], removed: ['c'] });
    expect(bytes.encode({ type: 'cluster', changed: [a, b], removed: ['c'] })).toBe(first);
  });

  it('differ, nonce included, when anything differs', () => {
    const bytes = new ResponseBytes();
    const nonces = [
      bytes.encode({ type: 'cluster', changed: [a], removed: [] }),
      bytes.encode({ type: 'listener', changed: [a], removed: [] }),
      bytes.encode({ type: 'cluster', changed: [b], removed: [] }),
      bytes.encode({ type: 'cluster', changed: [makeResource('cluster', 'a')], removed: [] }),
      bytes.encode({ type: 'cluster', changed: [a], removed: ['b'] }),
    ].map(({ nonce }) => nonce);
    expect(new Set(nonces).size).toBe(5);
  });

  it('are kept only up to a budget, those of earlier ages go first', () => {
    const bytes = new ResponseBytes(750);
    const content = { type: 'cluster', changed: [a], removed: [] } as const;
    const gone = { type: 'cluster', changed: [], removed: ['x'.repeat(200)] } as const;
    const tooMuch = { type: 'cluster', changed: [], removed: ['y'.repeat(200)] } as const;
    const [first, other] = [bytes.encode(content), bytes.encode(gone)];
    expect(bytes.encode(tooMuch)).not.toBe(bytes.encode(tooMuch));
    expect(bytes.encode(gone)).toBe(other);
    bytes.tidy();
    expect(bytes.encode(content)).toBe(first);
    expect(bytes.encode(tooMuch)).toBe(bytes.encode(tooMuch));
    expect(bytes.encode(content)).toBe(first);
    expect(bytes.encode(gone)).not.toBe(other);
  });

  it('of a whole map are built once for it', () => {
    const bytes = new ResponseBytes();
    const whole = new Map([a, b].map((resource) => [resource.name, resource]));
    const content = { type: 'cluster', changed: [a, b], removed: [], whole } as const;
    const first = bytes.encode(content);
    expect(bytes.encode(content)).toBe(first);
    expect(bytes.encode({ ...content, whole: new Map(whole) })).not.toBe(first);
  });

  it('are kept from one age to the next and one more only if they were used', () => {
    const bytes = new ResponseBytes();
    const content = { type: 'cluster', changed: [a], removed: [] } as const;
    const idle = { type: 'cluster', changed: [b], removed: [] } as const;
    const [used, unused] = [bytes.encode(content), bytes.encode(idle)];
    for (let age = 0; age < 3; age += 1) {
      bytes.tidy();
      expect(bytes.encode(content)).toBe(used);
    }
    expect(bytes.encode(idle)).not.toBe(unused);
  });
});

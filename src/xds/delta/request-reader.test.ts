import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { DeltaDiscoveryRequestSchema } from '../../envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { readRequest } from './request-bytes.ts';
import { RequestReader } from './request-reader.ts';

type Init = Parameters<typeof create<typeof DeltaDiscoveryRequestSchema>>[1];

function bytesOf(init: Init): Buffer {
  return Buffer.from(
    toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, init)),
  );
}

describe('a reader of requests', () => {
  it('reads equal bytes once, and others for themselves', () => {
    const reader = new RequestReader(10);
    const [a, b] = [
      bytesOf({ typeUrl: 't', resourceNamesSubscribe: ['ä', 'b'] }),
      bytesOf({ typeUrl: 't', resourceNamesSubscribe: ['ä', 'c'] }),
    ];
    const first = reader.read(a);
    expect(first).toEqual(readRequest(a, 10));
    expect(reader.read(Buffer.from(a))).toBe(first);
    expect(reader.read(b)).toEqual(readRequest(b, 10));
  });

  it.each<[string, Init]>([
    ['a refusal', { responseNonce: '1', errorDetail: { message: 'no' } }],
    ['a new stream of an old proxy', { initialResourceVersions: { a: '1' } }],
    ['a long request', { node: { id: 'x'.repeat(20_000) } }],
  ])('does not keep %s', (_, init) => {
    const reader = new RequestReader(10);
    const bytes = bytesOf(init);
    expect(reader.read(bytes)).not.toBe(reader.read(bytes));
    expect(reader.read(bytes)).toEqual(readRequest(bytes, 10));
  });

  it('keeps no more than its budget, and refuses bytes that are no request each time', () => {
    const reader = new RequestReader(10);
    const first = bytesOf({ responseNonce: 'first' });
    const read = reader.read(first);
    for (let other = 0; other < 40; other += 1)
      reader.read(bytesOf({ responseNonce: `${other}`, node: { id: 'x'.repeat(15_000) } }));
    expect(reader.read(first)).not.toBe(read);
    for (let turn = 0; turn < 2; turn += 1)
      expect(() => reader.read(Buffer.from([0xff]))).toThrow('malformed discovery request');
  });
});

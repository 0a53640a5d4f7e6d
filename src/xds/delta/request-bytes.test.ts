import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WeftError } from '../../common/errors.ts';
import { DeltaDiscoveryRequestSchema } from '../../envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { readRequest } from './request-bytes.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });

describe('a request’s bytes', () => {
  it('are read like the generated messages write them, without what the node claims', () => {
    fc.assert(
      fc.property(
        fc.record({
          typeUrl: text,
          resourceNamesSubscribe: fc.array(text),
          resourceNamesUnsubscribe: fc.array(text),
          initialResourceVersions: fc.dictionary(text, text),
          responseNonce: text,
          message: fc.option(text, { nil: undefined }),
        }),
        ({ message, ...init }) => {
          const request = create(DeltaDiscoveryRequestSchema, {
            ...init,
            node: { id: 'claimed', cluster: 'claimed', metadata: { some: 'thing' } },
            resourceLocatorsSubscribe: [{ name: 'not served' }],
            ...(message === undefined ? {} : { errorDetail: { code: 13, message } }),
          });
          const read = readRequest(toBinary(DeltaDiscoveryRequestSchema, request), 1_000);
          expect(read).toEqual({
            typeUrl: init.typeUrl,
            subscribe: init.resourceNamesSubscribe,
            unsubscribe: init.resourceNamesUnsubscribe,
            initialVersions: new Map(Object.entries(init.initialResourceVersions)),
            nonce: init.responseNonce,
            error: message,
          });
        },
      ),
    );
  });

  it('never do anything but give a request or a protocol violation', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readRequest(bytes, 10);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(WeftError);
          expect(thrown).toMatchObject({ code: 'protocol-violation' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('may hold no more names than allowed', () => {
    const request = create(DeltaDiscoveryRequestSchema, {
      resourceNamesSubscribe: ['a', 'b'],
      initialResourceVersions: { c: '1' },
    });
    const bytes = toBinary(DeltaDiscoveryRequestSchema, request);
    expect(readRequest(bytes, 3).subscribe).toEqual(['a', 'b']);
    expect(() => readRequest(bytes, 2)).toThrow('malformed discovery request');
  });

  it('may not nest without end', () => {
    expect(() => readRequest(Buffer.alloc(1_000_000, 0x0b), 10)).toThrow(WeftError);
  });
});

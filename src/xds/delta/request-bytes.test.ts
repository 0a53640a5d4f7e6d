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

  it.each([
    ['subscribed', { resourceNamesSubscribe: ['x'.repeat(1_025)] }],
    ['unsubscribed', { resourceNamesUnsubscribe: ['x'.repeat(1_025)] }],
    ['with a version', { initialResourceVersions: { ['x'.repeat(1_025)]: '1' } }],
    ['of a version', { initialResourceVersions: { a: 'x'.repeat(1_025) } }],
    ['of a type', { typeUrl: 'x'.repeat(1_025) }],
    ['of a nonce', { responseNonce: 'x'.repeat(1_025) }],
  ])('may hold no long name: %s (S6)', (_, init) => {
    const bytes = toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, init));
    expect(() => readRequest(bytes, 10)).toThrow('malformed discovery request');
  });

  it('give the first words of a long refusal, whole characters, and say that there were more (S6)', () => {
    const request = create(DeltaDiscoveryRequestSchema, {
      errorDetail: { code: 13, message: `x${'ä'.repeat(1_000_000)}` },
    });
    const { error, errorIsCut } = readRequest(toBinary(DeltaDiscoveryRequestSchema, request), 10);
    expect(error).toBe(`x${'ä'.repeat(2_047)}`);
    expect(errorIsCut).toBe(true);
  });

  it('may not nest without end', () => {
    expect(() => readRequest(Buffer.alloc(1_000_000, 0x0b), 10)).toThrow(WeftError);
  });
});

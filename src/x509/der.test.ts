import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeRoot } from '../../test/support/certificates/make-authority.ts';
import { parseCertificate } from './certificate.ts';
import {
  bitString,
  element,
  explicit,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  time,
} from './der.ts';
import {
  readNamedBits,
  readChildren,
  DerError,
  readOid,
  readElement,
  readTime,
} from './der-reader.ts';
import { certificateBlocks } from '../common/pem.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the DER writer', () => {
  it.each([
    ['a small integer', integer(Uint8Array.of(2)), '020102'],
    ['an integer whose first bit is set', integer(Uint8Array.of(0x80)), '02020080'],
    ['an integer with leading zeros', integer(Uint8Array.of(0, 0, 1)), '020101'],
    ['zero', integer(Uint8Array.of(0)), '020100'],
    ['an object identifier', oid('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
    ['named bits without trailing zeros', namedBits([5, 6]), '03020106'],
    ['the first named bit', namedBits([0]), '03020780'],
    ['a named bit in the second byte', namedBits([8]), '0303070080'],
    ['no named bits', namedBits([]), '030100'],
    ['an explicit tag', explicit(3, sequence()), 'a3023000'],
    [
      'the last second of UTCTime',
      time(Date.UTC(2049, 11, 31, 23, 59, 59)),
      '170d3439313233313233353935395a',
    ],
    [
      'the first of GeneralizedTime',
      time(Date.UTC(2050, 0, 1)),
      '180f32303530303130313030303030305a',
    ],
    [
      'a time with milliseconds',
      time(Date.UTC(2026, 0, 2, 3, 4, 5, 999)),
      '170d3236303130323033303430355a',
    ],
  ])('writes %s', (_case, written, expected) => {
    expect(hex(written)).toBe(expected);
  });

  it.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])('writes and reads %i bytes', (size) => {
    const content = Buffer.alloc(size, 7);
    expect(readElement(octetString(content)).content).toEqual(content);
  });
});

describe('the DER reader', () => {
  it('reads back what was written', () => {
    const arcs = fc.tuple(fc.nat(1), fc.nat(39), fc.array(fc.nat(2 ** 31 - 1), { maxLength: 6 }));
    fc.assert(
      fc.property(arcs, fc.uniqueArray(fc.nat(20)), ([first, second, rest], bits) => {
        const id = [first, second, ...rest].join('.');
        const parts = readChildren(readElement(sequence(oid(id), namedBits(bits))));
        expect(readOid(parts[0]!)).toBe(id);
        expect([...readNamedBits(parts[1]!)].sort()).toEqual([...bits].sort());
      }),
    );
  });

  it('reads times of both forms', () => {
    const seconds = fc.integer({
      min: Date.UTC(1950, 0, 1) / 1000,
      max: Date.UTC(9999, 0, 1) / 1000,
    });
    fc.assert(
      fc.property(seconds, (at) => {
        expect(readTime(readElement(time(at * 1000)))).toBe(at * 1000);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['content that is cut off', '300201'],
    ['trailing bytes', '300000'],
    ['an indefinite length', '30800000'],
    ['a length that could be shorter', '30810100'],
    ['a long length that could be shorter', '308200010500'],
    ['a length of four bytes', '308400000000'],
    ['a long tag', '1f8101 00'.replace(' ', '')],
  ])('refuses %s', (_case, bytes) => {
    expect(() => readElement(Buffer.from(bytes, 'hex'))).toThrow(DerError);
  });

  it.each(['20261301000000Z', '2026010100000Z', '20260101000000+0100', 'now'])(
    'refuses %s as a time',
    (text) => {
      expect(() => readTime(readElement(element(0x18, Buffer.from(text))))).toThrow(DerError);
    },
  );
});

describe('parseCertificate', () => {
  it('takes any damaged certificate for none, or for one, and never throws', () => {
    const [der] = certificateBlocks(makeRoot().certificate.pem);
    const damage = fc.array(fc.tuple(fc.nat(der!.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(damage, fc.nat(der!.length), (changes, cut) => {
        const bytes = Buffer.from(der!);
        for (const [at, value] of changes) bytes[at] = value;
        parseCertificate(bytes);
        expect(parseCertificate(bytes.subarray(0, Math.min(cut, der!.length - 1)))).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a certificate that says something twice for none', () => {
    const [der] = certificateBlocks(makeRoot().certificate.pem);
    const [subjectKeyId, keyUsage] = [
      Buffer.from('0603551d0e', 'hex'),
      Buffer.from('0603551d0f', 'hex'),
    ];
    const twice = Buffer.from(der!);
    keyUsage.copy(twice, twice.indexOf(subjectKeyId));
    expect(parseCertificate(der!)).toBeDefined();
    expect(parseCertificate(twice)).toBeUndefined();
  });

  it('takes other DER for none', () => {
    expect(parseCertificate(sequence(bitString(Buffer.from('x'))))).toBeUndefined();
    expect(parseCertificate(Buffer.alloc(0))).toBeUndefined();
  });
});

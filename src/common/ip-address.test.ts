import { SocketAddress } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalAddress, isOneHost } from './ip-address.ts';

const rows: readonly (readonly [string, string | undefined])[] = [
  ['10.0.0.1', '10.0.0.1'],
  ['010.000.00.001', '10.0.0.1'],
  ['10.0.0.256', undefined],
  ['10.0.0', undefined],
  ['None', undefined],
  ['', undefined],
  ['FD00:0:0::A', 'fd00::a'],
  ['fd00::1:0:0:1', 'fd00::1:0:0:1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
  ['1:2:3:4:5:6:0:7', '1:2:3:4:5:6:0:7'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ['::ffff:10.0.0.256', undefined],
  ['10.0.0.1::', undefined],
  ['1:2:3:4:5:6:7:8::', undefined],
  ['1::2::3', undefined],
  ['fe80::1%eth0', undefined],
  ['fe80::1%', undefined],
  ['[::1]', undefined],
  ['::1/128', undefined],
  [' ::1', undefined],
  ['0010.0.0.1', undefined],
  ['10.0.0.0x1', undefined],
  ['167772161', undefined],
  ['::ffff:010.000.0.1', '::ffff:a00:1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['0010::0100:010', '10::100:10'],
  ['00010::', undefined],
  ['12345::', undefined],
];

describe('canonicalAddress', () => {
  it.each(rows)('%j is %j', (written, canonical) => {
    expect(canonicalAddress(written)).toBe(canonical);
  });

  it('is the same for every way to write an IPv4 address', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const digits = fc.integer({ min: 1, max: 3 });
    const part = fc.tuple(byte, digits);
    fc.assert(
      fc.property(fc.tuple(part, part, part, part), (parts) => {
        const written = parts.map(([value, width]) => String(value).padStart(width, '0')).join('.');
        expect(canonicalAddress(written)).toBe(parts.map(([value]) => value).join('.'));
      }),
    );
  });

  it('is the same for every way to write an IPv6 address: the form of RFC 5952', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    const way = fc.record({
      width: fc.nat(4),
      upper: fc.boolean(),
      dots: fc.boolean(),
      at: fc.nat(7),
    });
    fc.assert(
      fc.property(groups, way, (all, how) => {
        const canonical = canonicalAddress(writeIpv6(all, how)) ?? '';
        expect(groupsOf(canonical)).toEqual(all);
        expect(canonicalAddress(canonical)).toBe(canonical);
        // The C library's form is that of the RFC but for IPv4, which begins with zeros here.
        if (all[0] !== 0)
          expect(canonical).toBe(new SocketAddress({ address: canonical, family: 'ipv6' }).address);
      }),
    );
  });
});

interface Way {
  /** The least width of a group. */
  readonly width: number;
  readonly upper: boolean;
  /** Whether the last two groups are written as an IPv4 address. */
  readonly dots: boolean;
  /** Zeros from this group on become "::". */
  readonly at: number;
}

function writeIpv6(groups: readonly number[], { width, upper, dots, at }: Way): string {
  const [high = 0, low = 0] = groups.slice(6);
  const ipv4 = [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const hex = groups.map((group) => group.toString(16).padStart(width, '0'));
  const parts = dots ? [...hex.slice(0, 6), ipv4] : hex;
  const zeros = parts.slice(at).findIndex((part) => !/^0+$/.test(part));
  const end = zeros === -1 ? parts.length : at + zeros;
  const written =
    end === at || at >= parts.length
      ? parts.join(':')
      : `${parts.slice(0, at).join(':')}::${parts.slice(end).join(':')}`;
  return upper ? written.toUpperCase() : written;
}

function groupsOf(canonical: string): readonly number[] {
  const [front = [], back = []] = canonical
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - front.length - back.length).fill('0');
  return [...front, ...zeros, ...back].map((group) => parseInt(group, 16));
}

describe('isOneHost', () => {
  it('is an address of one machine in a network', () => {
    const hosts = [
      '10.0.0.1',
      '203.0.113.7',
      '100.64.0.1',
      '223.255.255.1',
      'fd00::1',
      '2001:db8::',
      '64:ff9b::a00:1',
      '1::ffff:a00:1',
    ];
    expect(hosts.filter((address) => !isOneHost(address))).toEqual([]);
  });

  it('is not loopback, link-local, multicast or unspecified', () => {
    const others = [
      ...['0.0.0.0', '127.0.0.1', '127.8.8.8', '169.254.169.254', '224.0.0.1', '239.1.1.1'],
      ...['240.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'febf::1', 'ff02::1'],
      ...['::ffff:10.0.0.1', '::10.0.0.1', '::ffff:0:10.0.0.1'].map(
        (address) => canonicalAddress(address) ?? '',
      ),
    ];
    expect(others.filter(isOneHost)).toEqual([]);
  });

  it('is no text that is not an address', () => {
    expect(['', 'None', '10.0.0', '10.0.0.1/32', 'cart'].filter(isOneHost)).toEqual([]);
  });

  it('begins and ends where the ranges do', () => {
    const inside = ['0.255.255.255', '127.255.255.255', '169.254.0.0', '169.254.255.255', 'feb0::'];
    const outside = ['1.0.0.0', '126.255.255.255', '128.0.0.0', '169.253.255.255', '169.255.0.0'];
    const outsideIpv6 = [
      'fe7f::1',
      'fec0::1',
      'feff::1',
      '::1:0:0',
      '::fffe:a00:1',
      '::1:ffff:a00:1',
    ];
    expect(inside.filter(isOneHost)).toEqual([]);
    expect([...outside, ...outsideIpv6].filter((address) => !isOneHost(address))).toEqual([]);
  });
});

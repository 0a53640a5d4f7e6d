import { isIPv4, isIPv6 } from 'node:net';
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
  ['12345::', undefined],
];

describe('canonicalAddress', () => {
  it.each(rows)('%j is %j', (written, canonical) => {
    expect(canonicalAddress(written)).toBe(canonical);
  });

  it('takes every address that there is, and gives one that stays as it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (written) => {
        const canonical = canonicalAddress(written) ?? '';
        expect(isIPv4(written) ? isIPv4(canonical) : isIPv6(canonical)).toBe(true);
        expect(canonicalAddress(canonical)).toBe(canonical);
        const host = written.includes(':') ? new URL(`http://[${written}]/`).hostname : written;
        expect(host.replace(/[[\]]/g, '')).toBe(canonical);
      }),
    );
  });
});

describe('isOneHost', () => {
  it('is an address of one machine in a network', () => {
    const hosts = [
      '10.0.0.1',
      '203.0.113.7',
      '100.64.0.1',
      '223.255.255.1',
      'fd00::1',
      '2001:db8::',
    ];
    expect(hosts.filter((address) => !isOneHost(address))).toEqual([]);
  });

  it('is none of the caller itself, of a link, of a group, of everybody', () => {
    const others = [
      ...['0.0.0.0', '127.0.0.1', '127.8.8.8', '169.254.169.254', '224.0.0.1', '239.1.1.1'],
      ...['240.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1', 'febf::1', 'ff02::1'],
      ...['::ffff:10.0.0.1', '::10.0.0.1'].map((address) => canonicalAddress(address) ?? ''),
    ];
    expect(others.filter(isOneHost)).toEqual([]);
  });
});

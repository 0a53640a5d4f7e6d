import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { freeAddresses } from './address.ts';

describe('freeAddresses', () => {
  it('takes the first network when nothing is taken', () => {
    expect(freeAddresses([], true)).toEqual({
      number: 0,
      host: '10.201.0.1',
      node: '10.201.0.2',
      v6: { host: 'fd00:254:0::1', node: 'fd00:254:0::2' },
    });
  });

  it.each([
    ['a single address inside', ['10.201.0.2/32'], '10.201.1.1'],
    ['an address without a length', ['10.201.0.1'], '10.201.1.1'],
    ['a network around it', ['10.201.0.0/23'], '10.201.2.1'],
    ['a neighbour', ['10.201.0.4/30', '10.200.0.0/16'], '10.201.0.1'],
    ['a default route', ['0.0.0.0/0'], '10.201.0.1'],
  ])('minds %s', (_, taken, host) => {
    expect(freeAddresses(taken, false)).toMatchObject({ host, v6: undefined });
  });

  it('says so when nothing is free', () => {
    expect(() => freeAddresses(['10.0.0.0/8'], false)).toThrow('no free network');
  });

  it('gives each of many clusters its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), (count) => {
        const taken: string[] = [];
        for (let i = 0; i < count; i++) taken.push(`${freeAddresses(taken, false).host}/30`);
        expect(new Set(taken).size).toBe(count);
      }),
      { numRuns: 5 },
    );
  });
});

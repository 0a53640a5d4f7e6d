import { describe, expect, it } from '@jest/globals';
import { placeOf } from './place.ts';
import { mountPoints } from './teardown.ts';

describe('placeOf', () => {
  it.each(['', 'Weft', '../etc', 'a/b', '1st', 'a-', 'x'.repeat(31)])('refuses "%s"', (name) => {
    expect(() => placeOf(name)).toThrow("cannot be a cluster's name");
  });

  it('gives two clusters nothing in common', () => {
    const one = Object.values(placeOf('weft'));
    const two = Object.values(placeOf('weft-two'));
    expect(one.filter((value) => two.includes(value))).toEqual([]);
  });
});

describe('mountPoints', () => {
  it('reads them in order, with their escapes undone', () => {
    const table =
      '22 1 254:0 / / rw - ext4 /dev/vda rw\n' +
      '36 22 0:32 / /var/lib/weft/a/x\\040y rw shared:1 - tmpfs tmpfs rw\n';
    expect(mountPoints(table)).toEqual(['/', '/var/lib/weft/a/x y']);
  });
});

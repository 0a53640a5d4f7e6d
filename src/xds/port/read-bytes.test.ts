import { closeSync, openSync, readSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ReadBytes } from './read-bytes.ts';

const mebibyte = 1024 * 1024;

describe('ReadBytes', () => {
  it('is due once a megabyte came since it last was', () => {
    let read = 5 * mebibyte;
    const bytes = new ReadBytes(() => read);
    expect(bytes.isDue()).toBe(false);
    read += mebibyte - 1;
    expect(bytes.isDue()).toBe(false);
    read += 1;
    expect([bytes.isDue(), bytes.isDue()]).toEqual([true, false]);
  });

  it('is always due where the kernel does not count', () => {
    const bytes = new ReadBytes(() => undefined);
    expect([bytes.isDue(), bytes.isDue()]).toEqual([true, true]);
  });

  it('counts what this process reads', () => {
    const bytes = new ReadBytes();
    expect(bytes.isDue()).toBe(false);
    const zeros = openSync('/dev/zero', 'r');
    // One read may be shorter than it was asked for.
    for (let read = 0; read < mebibyte;) read += readSync(zeros, Buffer.alloc(mebibyte));
    closeSync(zeros);
    expect(bytes.isDue()).toBe(true);
  });
});

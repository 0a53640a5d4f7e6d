import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { reasons } from '../../src/operator/condition-words.ts';

describe('the page about the status', () => {
  it('explains each reason once, and no other', () => {
    const page = join(import.meta.dirname, '../../docs/meshconfig-status.md');
    const rows = readFileSync(page, 'utf8').matchAll(/^\| ([A-Z]\w+) +\|/gm);
    expect([...rows].map(([, reason]) => reason).sort()).toEqual([...reasons].sort());
  });
});

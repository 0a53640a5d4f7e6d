import { describe, expect, it } from '@jest/globals';
import { columnLines, fieldLines } from './lines.ts';

describe('lines', () => {
  it('put labels in one column, and leave out what has nothing to say', () => {
    expect(fieldLines([['Root', 'a'], ['Waits'], ['Phase', 'b', '  c']], 8)).toEqual([
      'Root    a',
      'Phase   b',
      '          c',
    ]);
  });

  it('make columns as wide as their widest cell', () => {
    const rows = [
      ['NAME', 'ENDS'],
      ['a-long-name', ''],
    ];
    expect(columnLines(rows)).toEqual(['NAME          ENDS', 'a-long-name   -']);
  });

  // Statuses are written by others: an escape sequence in one must not reach a terminal.
  it.each([
    ['\u001b[2Jgone\u001b]0;title\u0007', '[2Jgone]0;title'],
    ['one\r\n\ttwo', 'one two'],
    ['left\u202eright\u009b31m', 'leftright31m'],
  ])('of %j show only what can be printed', (text, expected) => {
    expect(fieldLines([['', text]], 0)).toEqual([expected]);
    expect(columnLines([[text]])).toEqual([expected]);
  });
});

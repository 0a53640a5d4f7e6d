import { expect, it } from '@jest/globals';
import { readableLine } from './readable-line.ts';

it('shows time, level and message before the fields', () => {
  const entry = {
    lease: 'weft-system/weft-operator',
    level: 'info',
    message: 'lease won',
    process: 'operator',
    timestamp: '2026-02-03T04:05:06.789Z',
    waitMs: 12,
  };
  expect(readableLine(JSON.stringify(entry))).toBe(
    '04:05:06.789 info  lease won lease=weft-system/weft-operator waitMs=12',
  );
});

it.each(['', 'Restarting src/main.ts', '{ not JSON', '{"code":1}', '[]'])(
  'passes on what is no entry of the log: %j',
  (line) => {
    expect(readableLine(line)).toBe(line);
  },
);

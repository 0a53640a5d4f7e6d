import { describe, expect, it } from '@jest/globals';
import { count, type Tally } from './shopper.ts';

function makeTally(): Tally {
  return { booksBought: 0, booksBoughtV1: 0, booksBoughtV2: 0, failed: 0, lastOutcome: '' };
}

describe('count', () => {
  const rows: readonly (readonly [number, string, Partial<Tally>])[] = [
    [200, 'bookstore-v1', { booksBought: 1, booksBoughtV1: 1, failed: 0 }],
    [200, 'bookstore-v2', { booksBought: 1, booksBoughtV2: 1, failed: 0 }],
    [200, '', { booksBought: 1, booksBoughtV1: 0, booksBoughtV2: 0 }],
    [403, 'bookstore-v1', { booksBought: 0, booksBoughtV1: 0, failed: 1 }],
  ];
  for (const [status, identity, expected] of rows) {
    it(`${status} from "${identity}"`, () => {
      const tally = makeTally();
      count(tally, status, identity);
      expect(tally).toMatchObject({ ...expected, lastOutcome: `HTTP ${status}` });
    });
  }
});

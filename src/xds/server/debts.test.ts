import { describe, expect, it } from '@jest/globals';
import { Debts } from './debts.ts';

describe('what a client owes', () => {
  it('grows old while the same response is unanswered, whatever else is answered', () => {
    const debts = new Debts();
    expect(debts.age(['1', '2'], 100)).toBe(0);
    expect(debts.age(['2', '3'], 400)).toBe(300);
    expect(debts.age(['3', '4'], 500)).toBe(100);
  });

  it('is zero for a client that answers each in time, and starts again from zero', () => {
    const debts = new Debts();
    for (let now = 0; now < 10; now += 1) expect(debts.age([String(now)], now)).toBe(0);
    expect(debts.age([], 10)).toBe(0);
    expect(debts.age(['9'], 20)).toBe(0);
  });
});

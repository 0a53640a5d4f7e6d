import { describe, expect, it } from '@jest/globals';
import { IssueQueue } from './issue-queue.ts';

function taken(queue: IssueQueue<string>): string[] {
  const keys: string[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) keys.push(key);
  return keys;
}

describe('IssueQueue', () => {
  it('gives the urgent ones first, each group in the order it came', () => {
    const queue = new IssueQueue<string>();
    queue.add('a', { urgent: false });
    queue.add('b', { urgent: true });
    queue.add('c', { urgent: false });
    queue.add('d', { urgent: true });
    expect(queue.size).toBe(4);
    expect(taken(queue)).toEqual(['b', 'd', 'a', 'c']);
    expect(queue.size).toBe(0);
  });

  it('has each key once, also a key that becomes urgent, or is no longer urgent', () => {
    const queue = new IssueQueue<string>();
    queue.add('a', { urgent: false });
    queue.add('b', { urgent: false });
    queue.add('b', { urgent: true });
    queue.add('b', { urgent: false });
    expect(taken(queue)).toEqual(['b', 'a']);
  });

  it('forgets deleted keys', () => {
    const queue = new IssueQueue<string>();
    queue.add('a', { urgent: true });
    queue.add('b', { urgent: false });
    queue.delete('a');
    queue.delete('b');
    expect(queue.take()).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { project } from './projection.ts';

describe('project', () => {
  it('leaves out fields that the shape does not name, at every depth', () => {
    const live = { a: { b: 1, c: 2 }, d: 3 };
    expect(project(live, { a: { b: 0 } })).toEqual({ a: { b: 1 } });
  });

  it('shows removed fields as undefined', () => {
    expect(project({ a: {} }, { a: { b: 0 } })).toEqual({ a: { b: undefined } });
    expect(project({}, { a: { b: 0 } })).toEqual({ a: undefined });
  });

  it('leaves out elements that others added to a list with owners', () => {
    const live = { containers: [{ name: 'theirs' }, { name: 'ours', image: 'x', tty: true }] };
    const shape = { containers: [{ name: 'ours', image: 'y' }] };
    expect(project(live, shape)).toEqual({ containers: [{ name: 'ours', image: 'x' }] });
  });

  it('shows every element of a list that is one value', () => {
    const subjects = [{ name: 'ours' }, { name: 'intruder' }];
    expect(project({ subjects }, { subjects: [{ name: 'ours' }] })).toEqual({ subjects });
  });

  it('shows every key of a map that is one value', () => {
    const selector = { ours: 'x', intruder: 'y' };
    expect(project({ selector }, { selector: { ours: 'x' } })).toEqual({ selector });
    const objectSelector = { matchLabels: { none: 'has-this' } };
    expect(project({ objectSelector }, { objectSelector: {} })).toEqual({ objectSelector });
  });

  it('distinguishes service ports of one number by protocol', () => {
    const ports = [
      { port: 53, protocol: 'UDP', name: 'u' },
      { port: 53, protocol: 'TCP', name: 't' },
    ];
    const shape = { ports: [{ port: 53, protocol: 'TCP', name: 'x' }] };
    expect(project({ ports }, shape)).toEqual({ ports: [ports[1]] });
  });
});

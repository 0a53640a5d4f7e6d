import { describe, expect, it } from '@jest/globals';
import type { PatchOperation } from '../api/admission.ts';
import { injectionOutcome, type InjectionOutcome } from './injection-outcome.ts';

const mesh = 'osm';
const removal: PatchOperation = {
  op: 'remove',
  path: '/spec/containers/0/readinessProbe/tcpSocket',
};

describe('injectionOutcome', () => {
  const rows: readonly (readonly [
    string,
    readonly PatchOperation[] | undefined,
    InjectionOutcome,
  ])[] = [
    ['no patch', undefined, 'left-out'],
    [
      'a note why not',
      [{ op: 'add', path: '/metadata/annotations/weft.dev~1not-injected', value: 'no' }],
      'left-out',
    ],
    [
      'the label beside others',
      [{ op: 'add', path: '/metadata/labels/weft.dev~1injected-by', value: mesh }],
      'injected',
    ],
    [
      'the first label of all, after an operation without a value',
      [removal, { op: 'add', path: '/metadata/labels', value: { 'weft.dev/injected-by': mesh } }],
      'injected',
    ],
    ['an operation without a value alone', [removal], 'left-out'],
  ];
  for (const [name, patch, outcome] of rows) {
    it(name, () => {
      const answer = { allowed: true, ...(patch && { patch }) } as const;
      expect(injectionOutcome(answer)).toBe(outcome);
    });
  }

  it('a refusal', () => {
    expect(injectionOutcome({ allowed: false, message: 'no' })).toBe('refused');
  });
});

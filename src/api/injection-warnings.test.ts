import { describe, expect, it } from '@jest/globals';
import { parseInjectionWarnings } from './injection-warnings.ts';

const warning = { code: 'pod-call-not-led', message: 'the preStop hook is a tcpSocket' };

describe('the warnings noted on a pod', () => {
  it('are read as they were written', () => {
    expect(parseInjectionWarnings(JSON.stringify([warning]))).toEqual([warning]);
    expect(parseInjectionWarnings(undefined)).toEqual([]);
  });

  it.each([
    'no JSON',
    '{}',
    'null',
    '[null, 1, "x", []]',
    JSON.stringify([{ ...warning, code: 'object-malformed' }]),
    JSON.stringify([{ ...warning, message: '' }]),
    JSON.stringify([{ ...warning, message: '\u001b[2J' }]),
    JSON.stringify([{ ...warning, message: 'x'.repeat(1001) }]),
  ])('are none that the injector would not have written: %s', (text) => {
    expect(parseInjectionWarnings(text)).toEqual([]);
  });

  it('are few', () => {
    const many = JSON.stringify(Array.from({ length: 1000 }, () => warning));
    expect(parseInjectionWarnings(many)).toHaveLength(20);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { regexExcept } from './upgrades.ts';

/** JavaScript reads this small part of RE2 alike, but for the way flags are written. */
function holds(regex: string, text: string): boolean {
  return new RegExp(`^(?:${regex.replace('(?i:', '(?:')})$`, 'i').test(text);
}

describe('regexExcept', () => {
  const words = ['websocket', 'tcp', 'SPDY/3.1', 'web'];
  const regex = regexExcept(words);

  it.each(['websocket', 'WebSocket', 'WEB', 'tcp', 'spdy/3.1'])('does not hold for %s', (word) => {
    expect(holds(regex, word)).toBe(false);
  });

  it.each(['', 'w', 'webs', 'websockets', 'xwebsocket', 'TLS/1.2', 'h2c', 'tcp ', 'spdy/3x1', 'é'])(
    'holds for "%s"',
    (word) => {
      expect(holds(regex, word)).toBe(true);
    },
  );

  it('holds for every text that is none of the words', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'b', '/', '.'),
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), word, (some, text) => {
        expect(holds(regexExcept(some), text)).toBe(!some.includes(text));
      }),
    );
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { onceFor, onceForBoth } from './once-for.ts';

describe('a value that is made once', () => {
  it('is made once for each argument, also where nothing comes of it', () => {
    const make = jest.fn((of: { readonly n: number }) => (of.n === 0 ? undefined : [of.n]));
    const made = onceFor(make);
    const [nothing, two] = [{ n: 0 }, { n: 2 }];
    expect([made(nothing), made(nothing), made(two)]).toEqual([undefined, undefined, [2]]);
    expect(made(two)).toBe(made(two));
    expect(make).toHaveBeenCalledTimes(2);
    expect(made({ n: 2 })).not.toBe(made(two));
  });

  it('is made once for each pair', () => {
    const make = jest.fn((a: object, b: object) => [a, b]);
    const made = onceForBoth(make);
    const [a, b] = [{}, {}];
    expect(made(a, b)).toBe(made(a, b));
    expect(made(b, a)).not.toBe(made(a, b));
    expect(make).toHaveBeenCalledTimes(2);
  });
});

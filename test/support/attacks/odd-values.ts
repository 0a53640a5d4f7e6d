import fc from 'fast-check';

// What several kinds of odd objects are made of.

/** Few names, so that objects meet. */
export const namespace = fc.constantFrom('shop', 'shop', 'shop', 'svc');
const names = ['cart', 'web', 'constructor', '0', 'local', 'x'.repeat(63)] as const;
export const name = fc.constantFrom('cart', 'cart', 'web', 'web', ...names);

/** Sometimes left out. */
export const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(of, { nil: undefined, freq: 4 });

/** Mostly one thing, so that most of a cluster is in force; now and then another. */
export function usually<T>(good: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: odd });
}

/** Text that people may write, and unexpected text. */
export const text = fc.oneof(
  fc.constantFrom('', '/', '*', 'a', 'ü', '\u0000', 'a\nb', 'a\r\nx: y', '../..', '%2f', '\ud800'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constant('long'.repeat(600)),
);

/** Ports that services have, and that Envoy itself listens on. */
export const port = fc.constantFrom(80, 80, 8080, 1, 53, 15_001, 15_003, 65_535);

/** Metadata of an object at that place, as an API server fills it in. */
export function metadata(named: { namespace: string; name: string }, more: object = {}): object {
  return {
    ...named,
    uid: `uid-${named.namespace}-${named.name}`,
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...more,
  };
}

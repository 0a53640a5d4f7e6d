import { describe, expect, it } from '@jest/globals';
import { makeService } from '../../test/support/builders/make-object.ts';
import { byAge } from './by-age.ts';

/** A Service whose creationTimestamp is this, whatever its type. */
function madeAt(creationTimestamp: unknown): ReturnType<typeof makeService> {
  const service = makeService();
  return { ...service, metadata: { ...service.metadata, creationTimestamp } } as typeof service;
}

describe('byAge', () => {
  it('has the older first', () => {
    expect(byAge(madeAt('2026-01-01T00:00:00Z'), madeAt('2026-01-02T00:00:00Z'))).toBe(-1);
  });

  it.each([[''], [undefined], [null], [0], [[]], ['!']])(
    'has one that was made at %j after all others, so it takes nothing from them',
    (time) => {
      expect(byAge(madeAt(time), madeAt('2026-01-01T00:00:00Z'))).toBe(1);
    },
  );
});

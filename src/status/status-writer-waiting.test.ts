import { describe, expect, it } from '@jest/globals';
import {
  clientThat,
  makeTarget,
  refused,
  tell,
  wanted,
  written,
} from '../../test/support/builders/status-story.ts';
import { systemClock } from '../common/clock.ts';
import { silentLogger } from '../common/logger.ts';
import { StatusWriter } from './status-writer.ts';

const many = (namespace: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${namespace}/t${at}`);

describe('while a thousand statuses wait', () => {
  it('a status that gets worse is written within two seconds, and never in its old form', async () => {
    const names = many('shop', 1000);
    const { writes } = await tell({
      names,
      statusOf: (name, written) => (name === 'shop/t999' && written >= 21 ? refused : wanted),
      after: (all) => {
        if (all.length === 21) return 'changed';
        return all.at(-1)?.name === 'shop/t999' ? 'over' : 'nothing';
      },
    });
    const changedAt = writes[20]!.at;
    const its = writes.filter(({ name }) => name === 'shop/t999');
    expect(its).toMatchObject([{ inForce: '0/1' }]);
    expect(its[0]!.at - changedAt).toBeLessThanOrEqual(2_000);
  });

  it('a refusal in another namespace is written within two seconds, though all are refused', async () => {
    const names = [...many('crowd', 1000), 'shop/cart'];
    const { writes } = await tell({
      names,
      statusOf: () => refused,
      after: (all) => (all.at(-1)?.name === 'shop/cart' ? 'over' : 'nothing'),
    });
    expect(writes.at(-1)!.at).toBeLessThanOrEqual(2_000);
  });

  it('the wanted statuses are computed once a second at most, however much changes', async () => {
    const { writes, looks } = await tell({
      names: many('shop', 1000),
      statusOf: () => wanted,
      after: (all) => (all.length === 1000 ? 'over' : 'changed'),
    });
    const { at } = writes.at(-1)!;
    expect(at).toBeLessThanOrEqual(200_000);
    expect(looks).toBeLessThanOrEqual(at / 1000 + 2);
    expect(new Set(writes.map(({ name }) => name)).size).toBe(1000);
  });

  it('objects whose status changes all the time do not delay others', async () => {
    const names = many('shop', 100);
    const { writes } = await tell({
      names,
      // The first fifty are never as they were at the last look.
      statusOf: (name, written) =>
        Number(name.slice(6)) < 50 ? { ...wanted, total: written } : wanted,
      after: (all) => (all.length === 200 ? 'over' : 'changed'),
    });
    expect(new Set(writes.slice(0, 150).map(({ name }) => name)).size).toBe(100);
  });

  it('objects that the API server refuses do not delay others', async () => {
    const { writes } = await tell({
      names: many('shop', 60),
      statusOf: () => refused,
      refuses: (name) => Number(name.slice(6)) < 40,
      after: (all) => (all.length === 200 ? 'over' : 'nothing'),
    });
    expect(new Set(writes.slice(0, 100).map(({ name }) => name)).size).toBe(60);
  });
});

describe('a status that was written', () => {
  it('is checked once for a change that came during the wait', async () => {
    const over = new AbortController();
    let looks = 0;
    const writer = new StatusWriter({
      ...{ clock: systemClock, logger: silentLogger, onWritten: () => undefined },
      client: clientThat(() => writer.trigger()),
      wanted: () => {
        looks += 1;
        return [makeTarget('cart', looks > 1 ? written : undefined)];
      },
    });
    const running = writer.run(over.signal);
    await systemClock.sleep(20, over.signal);
    over.abort();
    await running;
    expect(looks).toBe(2);
  });

  it('is not written again before the cache knows of it', async () => {
    const { writes, before } = await tell({
      names: ['shop/cart', 'shop/web'],
      statusOf: (name, written) => (name === 'shop/cart' && written > 1 ? refused : wanted),
      isCacheDeaf: true,
      after: (all) => (all.length === 3 ? 'over' : 'changed'),
    });
    expect(writes.map(({ name }) => name)).toEqual(['shop/cart', 'shop/web', 'shop/cart']);
    expect(before).toEqual([undefined, undefined, '1/1']);
  });
});

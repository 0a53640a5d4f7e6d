import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/time/fake-clock.ts';
import type { KubernetesObject } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import { silentLogger } from '../common/logger.ts';
import type { ObjectRef } from './api-client.ts';
import type { EventObject } from './event-object.ts';
import { createEventRecorder } from './events.ts';

/** Keeps Events; `down` refuses everything. */
class EventServer {
  readonly events = new Map<string, EventObject>();
  writes = 0;
  down = false;

  create<T extends KubernetesObject>(_kind: Kind, object: T): Promise<T> {
    return this.#write(() => {
      this.events.set(object.metadata.name, object as unknown as EventObject);
      return object;
    });
  }

  merge<T extends KubernetesObject>(
    ref: ObjectRef,
    patch: { readonly value: unknown },
  ): Promise<T> {
    return this.#write(() => {
      const known = this.events.get(ref.name);
      if (known === undefined) throw new WeftError('api-not-found', 'gone', { retry: 'soon' });
      const merged = { ...known, ...(patch.value as object) };
      this.events.set(ref.name, merged);
      return merged as unknown as T;
    });
  }

  #write<T>(work: () => T): Promise<T> {
    this.writes += 1;
    if (this.down) {
      return Promise.reject(new WeftError('api-unavailable', 'down', { retry: 'soon' }));
    }
    return Promise.resolve().then(work);
  }
}

function start() {
  const clock = new FakeClock();
  const client = new EventServer();
  const recorder = createEventRecorder({
    client,
    clock,
    log: silentLogger,
    controller: 'weft.dev/test',
    instance: 'test-0',
  });
  const over = new AbortController();
  const ended = recorder.run(over.signal);
  const say = (note: string): void =>
    recorder.record({
      regarding: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'cart', namespace: 'shop' } },
      type: 'Warning',
      reason: 'Broken',
      note,
    });
  const stop = async (): Promise<void> => {
    over.abort();
    await ended;
    expect(clock.sleeping).toBe(0);
  };
  return { clock, client, say, stop };
}

describe('the event recorder', () => {
  it('counts repeated occurrences in one event, and does not write each', async () => {
    const { clock, client, say, stop } = start();
    say('a');
    await clock.advance(1000);
    for (let second = 0; second < 120; second += 1) {
      say('a');
      await clock.advance(1000);
    }
    await clock.advance(60_000);
    expect([...client.events.values()].map(({ series }) => series?.count)).toEqual([121]);
    expect(client.writes).toBeLessThanOrEqual(7);
    await stop();
  });

  it('writes a burst, then one a second', async () => {
    const { clock, client, say, stop } = start();
    for (let index = 0; index < 100; index += 1) say(String(index));
    await clock.advance(10);
    expect(client.events.size).toBe(25);
    await clock.advance(10_000);
    expect(client.events.size).toBe(35);
    await clock.advance(100_000);
    expect(client.events.size).toBe(100);
    await stop();
  });

  it('remembers only so many, and goes on', async () => {
    const { clock, client, say, stop } = start();
    for (let index = 0; index < 10_000; index += 1) say(String(index));
    await clock.advance(1_000_000);
    expect(client.events.size).toBe(500);
    say('later');
    await clock.advance(2000);
    expect(client.events.size).toBe(501);
    await stop();
  });

  it('gives up on an Event after a few tries, and creates it again when it was removed', async () => {
    const { clock, client, say, stop } = start();
    client.down = true;
    say('lost');
    await clock.advance(60_000);
    expect(client.writes).toBe(3);
    client.down = false;
    say('kept');
    await clock.advance(1000);
    client.events.clear();
    say('kept');
    await clock.advance(3000);
    expect([...client.events.values()].map(({ note, series }) => [note, series])).toEqual([
      ['kept', undefined],
    ]);
    await stop();
  });
});

import { describe, expect, it } from '@jest/globals';
import { Conversation } from '../../../test/support/xds/conversation.ts';
import { everything, setOf, settled } from '../../../test/support/xds/settled-proxy.ts';
import { ResponseBytes } from './response-bytes.ts';
import type { QuarantineReports } from './refused.ts';

describe('a refusal', () => {
  const three = ['listener l1', 'listener l2', 'listener l3'];
  const next = ['listener l1@2', 'listener l2@2', 'listener l3@2'];

  it('of one listener, named by Envoy, lets the others count as applied', () => {
    const proxy = settled(three);
    proxy.offer(setOf(...next));
    proxy.nack('listener', 'Error adding/updating listener(s) l2: no such filter\n');
    expect(proxy.session.synced).toBe(false);
    expect(proxy.outstanding().map(({ name }) => name)).toEqual(['l2']);
    expect([...proxy.session.refusals()].map(({ message }) => message)).toEqual([
      'Error adding/updating listener(s) l2: no such filter\n',
    ]);
  });

  it('keeps the resource from being sent until there is another version of it', () => {
    const proxy = settled(three);
    proxy.offer(setOf(...next));
    proxy.nack('listener', 'Error adding/updating listener(s) l2: bad');
    expect(proxy.offer(setOf(...next.with(0, 'listener l1@3')))).toEqual(['listener +l1@3']);
    proxy.ack('listener');
    expect(proxy.offer(setOf('listener l1@3', 'listener l2@3', 'listener l3@2'))).toEqual([
      'listener +l2@3',
    ]);
    proxy.ack('listener');
    expect(proxy.session.synced).toBe(true);
    expect([...proxy.session.refusals()]).toEqual([]);
  });

  it('is over when the version that the proxy still has is offered again', () => {
    const proxy = settled(three);
    proxy.offer(setOf(...next));
    proxy.nack('listener', 'Error adding/updating listener(s) l2: bad');
    expect(proxy.offer(setOf('listener l1@2', 'listener l2@1', 'listener l3@2'))).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('of a whole response is narrowed down to the bad resource; the others get through', () => {
    const proxy = settled(three);
    proxy.offer(setOf(...next));
    const whole = 'Proto constraint validation failed (field: must be positive)';
    expect(proxy.nack('listener', whole)).toEqual(['listener +l1@2 +l2@2']);
    expect(proxy.nack('listener', whole)).toEqual(['listener +l1@2']);
    expect(proxy.ack('listener')).toEqual(['listener +l2@2']);
    expect(proxy.nack('listener', whole)).toEqual(['listener +l3@2']);
    expect(proxy.ack('listener')).toEqual([]);
    expect([...proxy.session.refusals()].map(({ resource }) => resource.name)).toEqual(['l2']);
  });

  it('does not stop other types', () => {
    const proxy = settled();
    proxy.offer(setOf(...everything.with(3, 'listener l@2')));
    proxy.nack('listener', 'bad');
    expect(
      proxy.offer(setOf('cluster a', 'endpoint a@2', 'secret s@2', 'listener l@2', 'route r@2')),
    ).toEqual(['endpoint +a@2', 'secret +s@2', 'route +r@2']);
  });

  it('keeps the clusters that the last good listener may name', () => {
    const proxy = settled(['cluster old', ...everything]);
    expect(proxy.offer(setOf(...everything.with(3, 'listener l@2')))).toEqual(['listener +l@2']);
    expect(proxy.nack('listener', 'bad')).toEqual([]);
    expect(proxy.offer(setOf(...everything.with(3, 'listener l@3')))).toEqual(['listener +l@3']);
    expect(proxy.ack('listener')).toEqual(['cluster -old']);
  });

  it('by one proxy does not keep others from the resource, but sends it apart', () => {
    const bytes = new ResponseBytes();
    const suspects: QuarantineReports = new WeakSet();
    const bad = setOf(...next);
    const first = settled(three, new Conversation(bytes, suspects));
    const second = settled(three, new Conversation(bytes, suspects));
    first.offer(bad);
    first.nack('listener', 'Error adding/updating listener(s) l2: bad');
    expect(second.offer(bad)).toEqual(['listener +l1@2 +l3@2']);
    expect(second.ack('listener')).toEqual(['listener +l2@2']);
    expect(second.ack('listener')).toEqual([]);
    expect(second.session.synced).toBe(true);
  });

  it('with a message cut off counts against the resources that it names, and the others go out again (S6)', () => {
    const proxy = settled(three);
    proxy.offer(setOf(...next));
    const words = 'Error adding/updating listener(s) l2: bad\nl';
    expect(proxy.nack('listener', words, true)).toEqual(['listener +l1@2 +l3@2']);
    expect(proxy.nack('listener', 'Error adding/updating listener(s) l3: bad')).toEqual([]);
    expect([...proxy.session.refusals()].map(({ resource }) => resource.name)).toEqual([
      'l2',
      'l3',
    ]);
  });

  it('of everything, always, costs little memory for its messages (S6)', () => {
    const proxy = new Conversation();
    proxy.offer(setOf(...Array.from({ length: 500 }, (_, index) => `cluster c${index}`)));
    const words = 'x'.repeat(4_000);
    for (let response = proxy.ask('cluster'); response.length > 0;)
      response = proxy.nack('cluster', words);
    expect([...proxy.session.refusals()]).toHaveLength(500);
    expect(proxy.session.burden).toBe(64 * 1_000);
    expect(proxy.offer(setOf())).toEqual([]);
    expect(proxy.session.burden).toBe(0);
  });

  it('of everything, always, ends in silence', () => {
    const proxy = new Conversation();
    const lines = Array.from({ length: 20 }, (_, index) => `cluster c${index}`);
    proxy.offer(setOf(...lines));
    let turns = 0;
    for (let response = proxy.ask('cluster'); response.length > 0; turns += 1)
      response = proxy.nack('cluster', 'I do not like it');
    expect(turns).toBeLessThanOrEqual(2 * lines.length);
    expect([...proxy.session.refusals()]).toHaveLength(lines.length);
  });

  it('of an empty response or of removals is no reason to try again', () => {
    const proxy = settled(three);
    expect(proxy.offer(setOf('listener l1', 'listener l2'))).toEqual(['listener -l3']);
    expect(proxy.nack('listener', 'no')).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { Conversation } from '../../../test/support/xds/conversation.ts';
import { everything, setOf } from '../../../test/support/xds/settled-proxy.ts';

describe('Envoy 1.40', () => {
  it('gets after a reconnect only what changed', () => {
    const proxy = new Conversation();
    proxy.offer(setOf(...everything.with(4, 'route r@2')));
    expect(proxy.ask('cluster', { initial: { a: '1' } })).toEqual([]);
    expect(proxy.ask('endpoint', { subscribe: ['a'], initial: { a: '1' } })).toEqual([]);
    expect(proxy.ask('secret', { subscribe: ['s'], initial: { s: '1' } })).toEqual([]);
    expect(proxy.ask('listener', { initial: { l: '1' } })).toEqual([]);
    expect(proxy.ask('route', { subscribe: ['r'], initial: { r: '1' } })).toEqual(['route +r@2']);
    proxy.ack('route');
    expect(proxy.session.synced).toBe(true);
  });

  it('learns after a reconnect what was removed in between, once nothing names it', () => {
    const proxy = new Conversation();
    proxy.offer(setOf(...everything));
    expect(proxy.ask('cluster', { initial: { a: '1', old: '1' } })).toEqual([]);
    proxy.ask('endpoint', { subscribe: ['a'], initial: { a: '1' } });
    proxy.ask('secret', { subscribe: ['s'], initial: { s: '1' } });
    expect(proxy.ask('listener', { initial: { l: '1', stale: '1' } })).toEqual(['listener -stale']);
    expect(proxy.ask('route', { subscribe: ['r'], initial: { r: '1' } })).toEqual([]);
    expect(proxy.ack('listener')).toEqual(['cluster -old']);
  });

  it('after a refusal leaves out all that was new, so it is sent again what it had applied', () => {
    const proxy = new Conversation();
    proxy.offer(setOf('cluster good', 'cluster bad'));
    expect(proxy.ask('cluster', { initial: { other: '1' } })).toEqual(['cluster +good@1 +bad@1']);
  });

  it('costs no memory for unknown names and versions, once their removal is sent (S6)', () => {
    const proxy = new Conversation();
    proxy.offer(setOf(...everything));
    proxy.ask('cluster', { initial: { a: '1' } });
    expect(proxy.session.burden).toBe(0);
    proxy.ask('endpoint', { subscribe: ['a', 'nobody'], initial: { a: '1', nobody: '1' } });
    expect(proxy.session.burden).toBeGreaterThan('nobody'.length);
    proxy.ask('endpoint', { unsubscribe: ['nobody'] });
    proxy.ask('secret', { subscribe: ['s'], initial: { s: '1' } });
    proxy.ask('listener', { initial: { l: '1' } });
    proxy.ask('route', { subscribe: ['r'], initial: { r: '1' } });
    expect(proxy.session.burden).toBe(0);
  });
});

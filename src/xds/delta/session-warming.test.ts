import { describe, expect, it } from '@jest/globals';
import { Conversation } from '../../../test/support/xds/conversation.ts';
import { everything, setOf, settled } from '../../../test/support/xds/settled-proxy.ts';

describe('Envoy 1.40', () => {
  it('is sent the endpoints again after their cluster changed, for it does not ask', () => {
    const proxy = settled();
    expect(proxy.offer(setOf(...everything.with(0, 'cluster a@2')))).toEqual([
      'cluster +a@2',
      'endpoint +a@1',
    ]);
  });

  it('is sent them also when the cluster changed while it was away', () => {
    const proxy = new Conversation();
    proxy.offer(setOf(...everything.with(0, 'cluster a@2')));
    expect(proxy.ask('cluster', { initial: { a: '1' } })).toEqual(['cluster +a@2']);
    expect(proxy.ask('endpoint', { subscribe: ['a'], initial: { a: '1' } })).toEqual([
      'endpoint +a@1',
    ]);
  });

  it('is sent endpoints and secrets before it acknowledges the cluster', () => {
    const proxy = new Conversation();
    proxy.offer(setOf(...everything));
    proxy.ask('cluster');
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint +a@1']);
    expect(proxy.ask('secret', { subscribe: ['s'] })).toEqual(['secret +s@1']);
  });

  it('learns at once that endpoints, secrets or routes do not exist', () => {
    const proxy = new Conversation();
    proxy.offer(setOf(...everything));
    proxy.ask('cluster');
    expect(proxy.ask('endpoint', { subscribe: ['none'] })).toEqual(['endpoint -none']);
    expect(proxy.ask('secret', { subscribe: ['none'] })).toEqual(['secret -none']);
    proxy.ack('cluster');
    expect(proxy.ask('route', { subscribe: ['none'] })).toEqual(['route -none']);
    proxy.ack('endpoint');
    expect(proxy.offer(setOf(...everything, 'endpoint none'))).toEqual(['endpoint +none@1']);
  });

  it('gets no answer about secrets that could not be issued yet', () => {
    const proxy = new Conversation();
    proxy.offer(setOf('cluster a', 'endpoint a'));
    proxy.ask('cluster');
    expect(proxy.ask('secret', { subscribe: ['s'] })).toEqual([]);
    expect(proxy.offer(setOf('cluster a', 'endpoint a', 'secret s'))).toEqual(['secret +s@1']);
  });

  it('lets endpoints go when their cluster is removed and asks again when it is back', () => {
    const proxy = settled();
    expect(proxy.offer(setOf('secret s', 'listener l', 'route r'))).toEqual(['cluster -a']);
    proxy.ask('endpoint', { unsubscribe: ['a'] });
    expect(proxy.ack('cluster')).toEqual([]);
    expect(proxy.session.synced).toBe(true);
    expect(proxy.offer(setOf(...everything))).toEqual(['cluster +a@1']);
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint +a@1']);
  });
});

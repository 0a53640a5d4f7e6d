import { beforeEach, describe, expect, it } from '@jest/globals';
import { Conversation } from '../../../test/support/xds/conversation.ts';
import { everything, setOf, settled } from '../../../test/support/xds/settled-proxy.ts';

// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
describe('a conversation', () => {
  let proxy: Conversation;

  beforeEach(() => {
    proxy = new Conversation();
  });

  it('follows Envoy from nothing to everything', () => {
    proxy.offer(setOf('cluster a', 'cluster b', 'endpoint a', 'secret s', 'listener l', 'route r'));
    expect(proxy.ask('cluster')).toEqual(['cluster +a@1 +b@1']);
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint +a@1']);
    expect(proxy.ask('secret', { subscribe: ['s'] })).toEqual(['secret +s@1']);
    expect(proxy.ack('endpoint')).toEqual([]);
    expect(proxy.ack('secret')).toEqual([]);
    expect(proxy.ack('cluster')).toEqual([]);
    expect(proxy.ask('listener')).toEqual(['listener +l@1']);
    expect(proxy.ask('route', { subscribe: ['r'] })).toEqual(['route +r@1']);
    expect(proxy.ack('route')).toEqual([]);
    expect(proxy.session.synced).toBe(false);
    expect(proxy.ack('listener')).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('takes an empty first request for clusters and listeners as a wish for everything', () => {
    proxy.offer(setOf(...everything));
    expect(proxy.ask('cluster')).toEqual(['cluster +a@1']);
    expect(proxy.ask('endpoint')).toEqual([]);
  });

  it('answers an empty wish with an empty response, or Envoy waits for good', () => {
    proxy.offer(setOf());
    expect(proxy.ask('cluster')).toEqual(['cluster']);
    expect(proxy.ack('cluster')).toEqual([]);
    expect(proxy.ask('listener')).toEqual(['listener']);
    expect(proxy.ack('listener')).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('answers what was asked before anything was offered', () => {
    expect(proxy.ask('cluster')).toEqual([]);
    expect(proxy.ask('endpoint', { subscribe: ['a', 'gone'] })).toEqual([]);
    expect(proxy.offer(setOf('cluster a', 'endpoint a'))).toEqual([
      'cluster +a@1',
      'endpoint +a@1 -gone',
    ]);
  });

  it('keeps one response per type unanswered; a newer offer overtakes a waiting offer', () => {
    proxy.offer(setOf('cluster a'));
    proxy.ask('cluster');
    expect(proxy.offer(setOf('cluster a@2', 'cluster b'))).toEqual([]);
    expect(proxy.offer(setOf('cluster a@3'))).toEqual([]);
    expect(proxy.ack('cluster')).toEqual(['cluster +a@3']);
    expect(proxy.ack('cluster')).toEqual([]);
  });

  it('ignores an answer to a response that is not the last', () => {
    proxy.offer(setOf('cluster a'));
    proxy.ask('cluster');
    expect(proxy.answer('cluster', 'stale')).toEqual([]);
    expect(proxy.offer(setOf('cluster a@2'))).toEqual([]);
    expect(proxy.ack('cluster')).toEqual(['cluster +a@2']);
  });

  it('ignores types that it does not serve', () => {
    proxy.offer(setOf(...everything));
    const request = {
      typeUrl: 'type.googleapis.com/envoy.service.runtime.v3.Runtime',
      subscribe: ['x'],
      unsubscribe: [],
      initialVersions: new Map(),
      nonce: '',
      error: undefined,
    };
    expect(proxy.session.receive(request).responses).toEqual([]);
  });

  it('sends a changed endpoint alone', () => {
    proxy = settled();
    expect(proxy.offer(setOf(...everything.with(1, 'endpoint a@2')))).toEqual(['endpoint +a@2']);
  });

  it('says nothing about an offer whose versions are what the proxy has', () => {
    proxy = settled();
    expect(proxy.offer(setOf(...everything))).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('sends a resource again to a proxy that asks for it again', () => {
    proxy = settled();
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint +a@1']);
  });

  it('sends no more of what the proxy let go, and all of it when it asks again', () => {
    proxy = settled();
    expect(proxy.ask('endpoint', { unsubscribe: ['a'] })).toEqual([]);
    expect(proxy.offer(setOf(...everything.with(1, 'endpoint a@2')))).toEqual([]);
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint +a@2']);
  });

  it('does not count an ACK for a resource that the client has since unsubscribed from', () => {
    proxy.offer(setOf('cluster a', 'endpoint a'));
    proxy.ask('cluster');
    proxy.ask('endpoint', { subscribe: ['a'] });
    proxy.ask('endpoint', { unsubscribe: ['a'] });
    proxy.ask('endpoint', { subscribe: ['a'] });
    expect(proxy.ack('endpoint')).toEqual(['endpoint +a@1']);
  });
});

describe('outstanding resources', () => {
  it('is everything before the proxy asked, and nothing in the end', () => {
    const proxy = new Conversation();
    proxy.offer(setOf(...everything));
    const names = (): string[] => proxy.outstanding().map(({ type, name }) => `${type} ${name}`);
    expect(names()).toEqual(everything);
    proxy.ask('cluster');
    proxy.ask('endpoint', { subscribe: ['a'] });
    proxy.ask('secret', { subscribe: ['s'] });
    proxy.ack('endpoint');
    proxy.ack('cluster');
    expect(names()).toEqual(['secret s', 'listener l', 'route r']);
    proxy.ack('secret');
    proxy.ask('listener');
    proxy.ack('listener');
    // Nothing names the route: it is not asked for, and so it is not missing.
    expect(names()).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('counts the routes that a refused listener would have asked for', () => {
    const proxy = new Conversation();
    proxy.offer(setOf('listener l', 'route r'));
    proxy.ask('cluster');
    proxy.ack('cluster');
    proxy.ask('listener');
    proxy.nack('listener', 'bad');
    expect(proxy.outstanding().map(({ name }) => name)).toEqual(['l', 'r']);
  });
});

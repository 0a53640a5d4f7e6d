import { describe, expect, it } from '@jest/globals';
import { Conversation } from '../../../test/support/xds/conversation.ts';
import { makeResource, makeSet } from '../../../test/support/resources/resource-sets.ts';
import type { Resource } from '../resources/resource.ts';
import { ResponseBytes } from './response-bytes.ts';

const cluster = makeResource('cluster', 'c');
const endpoints = [makeResource('endpoint', 'a'), makeResource('endpoint', 'b')];
const [a, b] = endpoints;
const route = makeResource('route', 'r');

function offered(...resources: readonly (Resource | undefined)[]) {
  return makeSet(...resources.filter((resource) => resource !== undefined));
}

describe('a first request for exactly the offered names', () => {
  it('is answered with all of it, in the same bytes for each proxy', () => {
    const bytes = new ResponseBytes();
    const nonces = new Set<string>();
    const all = offered(cluster, ...endpoints);
    for (const names of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const proxy = new Conversation(bytes);
      proxy.offer(all);
      expect(proxy.ask('cluster')).toEqual(['cluster +c@1']);
      expect(proxy.ask('endpoint', { subscribe: names })).toEqual(['endpoint +a@1 +b@1']);
      nonces.add(proxy.nonce('cluster')).add(proxy.nonce('endpoint'));
    }
    expect(nonces.size).toBe(2);
  });

  it('may name a wildcard', () => {
    const proxy = new Conversation();
    proxy.offer(offered(cluster));
    expect(proxy.ask('cluster', { subscribe: ['*'] })).toEqual(['cluster +c@1']);
    expect(proxy.ack('cluster')).toEqual([]);
    expect(proxy.offer(offered(cluster, makeResource('cluster', 'd')))).toEqual(['cluster +d@1']);
  });

  it('is not one for a name twice instead of another', () => {
    const proxy = new Conversation();
    proxy.offer(offered(...endpoints));
    expect(proxy.ask('endpoint', { subscribe: ['a', 'a'] })).toEqual(['endpoint +a@1']);
  });

  it('leaves what one proxy refused for a response of its own', () => {
    const proxy = new Conversation(new ResponseBytes(), new WeakSet(a === undefined ? [] : [a]));
    proxy.offer(offered(...endpoints));
    expect(proxy.ask('endpoint', { subscribe: ['a', 'b'] })).toEqual(['endpoint +b@1']);
    expect(proxy.ack('endpoint')).toEqual(['endpoint +a@1']);
  });

  it('is taken back in part while its answer is on the way', () => {
    const proxy = new Conversation();
    proxy.offer(offered(...endpoints));
    proxy.ask('endpoint', { subscribe: ['a', 'b'] });
    proxy.ask('endpoint', { unsubscribe: ['a'] });
    proxy.ack('endpoint');
    expect(proxy.offer(offered(b))).toEqual([]);
    // What it does not hold it is told of at once, whatever else is open.
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint -a']);
  });

  it('is owed an answer when what it names goes before that', () => {
    const proxy = new Conversation();
    proxy.offer(offered(cluster, route));
    proxy.ask('cluster');
    expect(proxy.ask('route', { subscribe: ['r'] })).toEqual([]);
    expect([...proxy.session.outstandingParts()].map((part) => [...part.values()])).toContainEqual([
      route,
    ]);
    proxy.offer(offered(cluster));
    expect(proxy.ack('cluster')).toEqual(['route -r']);
  });

  it('gets the newest when that changes before the answer', () => {
    const proxy = new Conversation();
    proxy.offer(offered(cluster, route));
    proxy.ask('cluster');
    proxy.ask('route', { subscribe: ['r'] });
    proxy.offer(offered(cluster, makeResource('route', 'r', { version: '2' })));
    expect(proxy.ack('cluster')).toEqual(['route +r@2']);
  });
});

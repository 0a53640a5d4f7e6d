import { beforeEach, describe, expect, it } from '@jest/globals';
import { Conversation } from '../../../test/fakes/conversation.ts';
import { makeResource, makeSet } from '../../../test/fakes/resource-sets.ts';
import type { ResourceType } from '../resources/resource.ts';
import { ResponseBytes } from './response-bytes.ts';
import type { Suspects } from './refused.ts';

/** "cluster a@2" is version 2 of cluster a. */
function set(...lines: readonly string[]) {
  return makeSet(
    ...lines.map((line) => {
      const [type = '', named = ''] = line.split(' ');
      const [name = '', version = '1'] = named.split('@');
      return makeResource(type as ResourceType, name, { version });
    }),
  );
}

const everything = ['cluster a', 'endpoint a', 'secret s', 'listener l', 'route r'];

/** A proxy that has and acknowledged everything of `lines`. */
function settled(lines: readonly string[] = everything, conversation = new Conversation()) {
  conversation.offer(set(...lines));
  const named = (type: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${type} `))
      .map((line) => line.slice(type.length + 1).split('@')[0] ?? '');
  conversation.ask('cluster');
  conversation.ask('endpoint', { subscribe: named('endpoint') });
  conversation.ask('secret', { subscribe: named('secret') });
  for (const type of ['endpoint', 'secret'] as const)
    if (named(type).length > 0) conversation.ack(type);
  conversation.ack('cluster');
  conversation.ask('listener');
  conversation.ack('listener');
  conversation.ask('route', { subscribe: named('route') });
  if (named('route').length > 0) conversation.ack('route');
  expect(conversation.session.synced).toBe(true);
  return conversation;
}

// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
describe('a conversation', () => {
  let proxy: Conversation;

  beforeEach(() => {
    proxy = new Conversation();
  });

  it('follows Envoy from nothing to everything', () => {
    proxy.offer(set('cluster a', 'cluster b', 'endpoint a', 'secret s', 'listener l', 'route r'));
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
    proxy.offer(set(...everything));
    expect(proxy.ask('cluster')).toEqual(['cluster +a@1']);
    expect(proxy.ask('endpoint')).toEqual([]);
  });

  it('answers an empty wish with an empty response, or Envoy waits for good', () => {
    proxy.offer(set());
    expect(proxy.ask('cluster')).toEqual(['cluster']);
    expect(proxy.ack('cluster')).toEqual([]);
    expect(proxy.ask('listener')).toEqual(['listener']);
    expect(proxy.ack('listener')).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('answers what was asked before anything was offered', () => {
    expect(proxy.ask('cluster')).toEqual([]);
    expect(proxy.ask('endpoint', { subscribe: ['a', 'gone'] })).toEqual([]);
    expect(proxy.offer(set('cluster a', 'endpoint a'))).toEqual([
      'cluster +a@1',
      'endpoint +a@1 -gone',
    ]);
  });

  it('keeps one response per type unanswered; a newer offer overtakes one that waits', () => {
    proxy.offer(set('cluster a'));
    proxy.ask('cluster');
    expect(proxy.offer(set('cluster a@2', 'cluster b'))).toEqual([]);
    expect(proxy.offer(set('cluster a@3'))).toEqual([]);
    expect(proxy.ack('cluster')).toEqual(['cluster +a@3']);
    expect(proxy.ack('cluster')).toEqual([]);
  });

  it('ignores an answer to a response that is not the last', () => {
    proxy.offer(set('cluster a'));
    proxy.ask('cluster');
    expect(proxy.answer('cluster', 'stale')).toEqual([]);
    expect(proxy.offer(set('cluster a@2'))).toEqual([]);
    expect(proxy.ack('cluster')).toEqual(['cluster +a@2']);
  });

  it('ignores types that it does not serve', () => {
    proxy.offer(set(...everything));
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
    expect(proxy.offer(set(...everything.with(1, 'endpoint a@2')))).toEqual(['endpoint +a@2']);
  });

  it('says nothing about an offer whose versions are what the proxy has', () => {
    proxy = settled();
    expect(proxy.offer(set(...everything))).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('sends a resource again to a proxy that asks for it again', () => {
    proxy = settled();
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint +a@1']);
  });

  it('sends no more of what the proxy let go, and all of it when it asks again', () => {
    proxy = settled();
    expect(proxy.ask('endpoint', { unsubscribe: ['a'] })).toEqual([]);
    expect(proxy.offer(set(...everything.with(1, 'endpoint a@2')))).toEqual([]);
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint +a@2']);
  });

  it('does not take an acknowledgement for a resource that was let go meanwhile', () => {
    proxy.offer(set('cluster a', 'endpoint a'));
    proxy.ask('cluster');
    proxy.ask('endpoint', { subscribe: ['a'] });
    proxy.ask('endpoint', { unsubscribe: ['a'] });
    proxy.ask('endpoint', { subscribe: ['a'] });
    expect(proxy.ack('endpoint')).toEqual(['endpoint +a@1']);
  });
});

describe('Envoy 1.40', () => {
  it('is sent the endpoints again after their cluster changed, for it does not ask', () => {
    const proxy = settled();
    expect(proxy.offer(set(...everything.with(0, 'cluster a@2')))).toEqual([
      'cluster +a@2',
      'endpoint +a@1',
    ]);
  });

  it('is sent them also when the cluster changed while it was away', () => {
    const proxy = new Conversation();
    proxy.offer(set(...everything.with(0, 'cluster a@2')));
    expect(proxy.ask('cluster', { initial: { a: '1' } })).toEqual(['cluster +a@2']);
    expect(proxy.ask('endpoint', { subscribe: ['a'], initial: { a: '1' } })).toEqual([
      'endpoint +a@1',
    ]);
  });

  it('is sent endpoints and secrets before it acknowledges the cluster', () => {
    const proxy = new Conversation();
    proxy.offer(set(...everything));
    proxy.ask('cluster');
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint +a@1']);
    expect(proxy.ask('secret', { subscribe: ['s'] })).toEqual(['secret +s@1']);
  });

  it('is sent nothing after a reconnect but what changed', () => {
    const proxy = new Conversation();
    proxy.offer(set(...everything.with(4, 'route r@2')));
    expect(proxy.ask('cluster', { initial: { a: '1' } })).toEqual([]);
    expect(proxy.ask('endpoint', { subscribe: ['a'], initial: { a: '1' } })).toEqual([]);
    expect(proxy.ask('secret', { subscribe: ['s'], initial: { s: '1' } })).toEqual([]);
    expect(proxy.ask('listener', { initial: { l: '1' } })).toEqual([]);
    expect(proxy.ask('route', { subscribe: ['r'], initial: { r: '1' } })).toEqual(['route +r@2']);
    proxy.ack('route');
    expect(proxy.session.synced).toBe(true);
  });

  it('is told after a reconnect what went away meanwhile, once nothing names it', () => {
    const proxy = new Conversation();
    proxy.offer(set(...everything));
    expect(proxy.ask('cluster', { initial: { a: '1', old: '1' } })).toEqual([]);
    proxy.ask('endpoint', { subscribe: ['a'], initial: { a: '1' } });
    proxy.ask('secret', { subscribe: ['s'], initial: { s: '1' } });
    expect(proxy.ask('listener', { initial: { l: '1', stale: '1' } })).toEqual(['listener -stale']);
    expect(proxy.ask('route', { subscribe: ['r'], initial: { r: '1' } })).toEqual([]);
    expect(proxy.ack('listener')).toEqual(['cluster -old']);
  });

  it('after a refusal leaves out all that was new, so it is sent again what it had applied', () => {
    const proxy = new Conversation();
    proxy.offer(set('cluster good', 'cluster bad'));
    expect(proxy.ask('cluster', { initial: { other: '1' } })).toEqual(['cluster +good@1 +bad@1']);
  });

  it('is told at once that endpoints, secrets or routes do not exist', () => {
    const proxy = new Conversation();
    proxy.offer(set(...everything));
    proxy.ask('cluster');
    expect(proxy.ask('endpoint', { subscribe: ['none'] })).toEqual(['endpoint -none']);
    expect(proxy.ask('secret', { subscribe: ['none'] })).toEqual(['secret -none']);
    proxy.ack('cluster');
    expect(proxy.ask('route', { subscribe: ['none'] })).toEqual(['route -none']);
    proxy.ack('endpoint');
    expect(proxy.offer(set(...everything, 'endpoint none'))).toEqual(['endpoint +none@1']);
  });

  it('is told nothing of secrets that could not be issued yet', () => {
    const proxy = new Conversation();
    proxy.offer(set('cluster a', 'endpoint a'));
    proxy.ask('cluster');
    expect(proxy.ask('secret', { subscribe: ['s'] })).toEqual([]);
    expect(proxy.offer(set('cluster a', 'endpoint a', 'secret s'))).toEqual(['secret +s@1']);
  });

  it('lets endpoints go when their cluster is removed and asks again when it is back', () => {
    const proxy = settled();
    expect(proxy.offer(set('secret s', 'listener l', 'route r'))).toEqual(['cluster -a']);
    proxy.ask('endpoint', { unsubscribe: ['a'] });
    expect(proxy.ack('cluster')).toEqual([]);
    expect(proxy.session.synced).toBe(true);
    expect(proxy.offer(set(...everything))).toEqual(['cluster +a@1']);
    expect(proxy.ask('endpoint', { subscribe: ['a'] })).toEqual(['endpoint +a@1']);
  });
});

// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations
describe('make before break', () => {
  it('holds listeners and routes back until new clusters are acknowledged', () => {
    const proxy = settled();
    const next = [
      'cluster b',
      'endpoint b',
      ...everything.with(3, 'listener l@2').with(4, 'route r@2'),
    ];
    expect(proxy.offer(set(...next))).toEqual(['cluster +b@1']);
    expect(proxy.session.holdsBack).toBe(true);
    expect(proxy.ask('endpoint', { subscribe: ['b'] })).toEqual(['endpoint +b@1']);
    expect(proxy.ack('cluster')).toEqual(['listener +l@2', 'route +r@2']);
    expect(proxy.session.holdsBack).toBe(false);
  });

  it('does not hold them back for changes of clusters that are there', () => {
    const proxy = settled();
    const next = everything.with(0, 'cluster a@2').with(4, 'route r@2');
    expect(proxy.offer(set(...next))).toEqual(['cluster +a@2', 'endpoint +a@1', 'route +r@2']);
  });

  it('stops holding back when told to', () => {
    const proxy = settled();
    proxy.offer(set('cluster b', ...everything.with(4, 'route r@2')));
    expect(proxy.hasten()).toEqual(['route +r@2']);
    proxy.ack('route');
    proxy.ack('cluster');
    expect(proxy.offer(set('cluster c', 'cluster b', ...everything.with(4, 'route r@3')))).toEqual([
      'cluster +c@1',
    ]);
  });

  it('removes a cluster only after routes and listeners that may name it have gone', () => {
    const proxy = settled(['cluster old', 'endpoint old', ...everything]);
    const next = everything.with(3, 'listener l@2').with(4, 'route r@2');
    expect(proxy.offer(set(...next))).toEqual(['listener +l@2', 'route +r@2']);
    expect(proxy.ack('route')).toEqual([]);
    expect(proxy.ack('listener')).toEqual(['cluster -old']);
    expect(proxy.ask('endpoint', { unsubscribe: ['old'] })).toEqual([]);
    expect(proxy.ack('cluster')).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('tells a client that keeps asking about endpoints that they went, after their cluster', () => {
    const proxy = settled(['cluster old', 'endpoint old', ...everything]);
    expect(proxy.offer(set(...everything))).toEqual(['cluster -old']);
    expect(proxy.ack('cluster')).toEqual(['endpoint -old']);
  });

  it('replaces a listener by another on the same address in one response', () => {
    const proxy = settled();
    expect(proxy.offer(set(...everything.with(3, 'listener m')))).toEqual(['listener +m@1 -l']);
  });
});

describe('a refusal', () => {
  const three = ['listener l1', 'listener l2', 'listener l3'];
  const next = ['listener l1@2', 'listener l2@2', 'listener l3@2'];

  it('of one listener, named by Envoy, lets the others count as applied', () => {
    const proxy = settled(three);
    proxy.offer(set(...next));
    proxy.nack('listener', 'Error adding/updating listener(s) l2: no such filter\n');
    expect(proxy.session.synced).toBe(false);
    expect([...proxy.session.outstanding()].map(({ name }) => name)).toEqual(['l2']);
    expect([...proxy.session.refusals()].map(({ message }) => message)).toEqual([
      'Error adding/updating listener(s) l2: no such filter\n',
    ]);
  });

  it('keeps the resource from being sent until there is another version of it', () => {
    const proxy = settled(three);
    proxy.offer(set(...next));
    proxy.nack('listener', 'Error adding/updating listener(s) l2: bad');
    expect(proxy.offer(set(...next.with(0, 'listener l1@3')))).toEqual(['listener +l1@3']);
    proxy.ack('listener');
    expect(proxy.offer(set('listener l1@3', 'listener l2@3', 'listener l3@2'))).toEqual([
      'listener +l2@3',
    ]);
    proxy.ack('listener');
    expect(proxy.session.synced).toBe(true);
    expect([...proxy.session.refusals()]).toEqual([]);
  });

  it('is over when the version that the proxy still has is offered again', () => {
    const proxy = settled(three);
    proxy.offer(set(...next));
    proxy.nack('listener', 'Error adding/updating listener(s) l2: bad');
    expect(proxy.offer(set('listener l1@2', 'listener l2@1', 'listener l3@2'))).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('of a whole response is narrowed down to the bad resource; the others get through', () => {
    const proxy = settled(three);
    proxy.offer(set(...next));
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
    proxy.offer(set(...everything.with(3, 'listener l@2')));
    proxy.nack('listener', 'bad');
    expect(
      proxy.offer(set('cluster a', 'endpoint a@2', 'secret s@2', 'listener l@2', 'route r@2')),
    ).toEqual(['endpoint +a@2', 'secret +s@2', 'route +r@2']);
  });

  it('keeps the clusters that the last good listener may name', () => {
    const proxy = settled(['cluster old', ...everything]);
    expect(proxy.offer(set(...everything.with(3, 'listener l@2')))).toEqual(['listener +l@2']);
    expect(proxy.nack('listener', 'bad')).toEqual([]);
    expect(proxy.offer(set(...everything.with(3, 'listener l@3')))).toEqual(['listener +l@3']);
    expect(proxy.ack('listener')).toEqual(['cluster -old']);
  });

  it('by one proxy does not keep others from the resource, but sends it apart', () => {
    const bytes = new ResponseBytes();
    const suspects: Suspects = new WeakSet();
    const bad = set(...next);
    const first = settled(three, new Conversation(bytes, suspects));
    const second = settled(three, new Conversation(bytes, suspects));
    first.offer(bad);
    first.nack('listener', 'Error adding/updating listener(s) l2: bad');
    expect(second.offer(bad)).toEqual(['listener +l1@2 +l3@2']);
    expect(second.ack('listener')).toEqual(['listener +l2@2']);
    expect(second.ack('listener')).toEqual([]);
    expect(second.session.synced).toBe(true);
  });

  it('of everything, always, ends in silence', () => {
    const proxy = new Conversation();
    const lines = Array.from({ length: 20 }, (_, index) => `cluster c${index}`);
    proxy.offer(set(...lines));
    let turns = 0;
    for (let said = proxy.ask('cluster'); said.length > 0; turns += 1)
      said = proxy.nack('cluster', 'I do not like it');
    expect(turns).toBeLessThanOrEqual(2 * lines.length);
    expect([...proxy.session.refusals()]).toHaveLength(lines.length);
  });

  it('of an empty response or of removals is no reason to try again', () => {
    const proxy = settled(three);
    expect(proxy.offer(set('listener l1', 'listener l2'))).toEqual(['listener -l3']);
    expect(proxy.nack('listener', 'no')).toEqual([]);
  });
});

describe('what is outstanding', () => {
  it('is everything before the proxy asked, and nothing in the end', () => {
    const proxy = new Conversation();
    proxy.offer(set(...everything));
    const names = (): string[] =>
      [...proxy.session.outstanding()].map(({ type, name }) => `${type} ${name}`);
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
    proxy.offer(set('listener l', 'route r'));
    proxy.ask('cluster');
    proxy.ack('cluster');
    proxy.ask('listener');
    proxy.nack('listener', 'bad');
    expect([...proxy.session.outstanding()].map(({ name }) => name)).toEqual(['l', 'r']);
  });
});

import type { ResourceSet, ResourceType } from '../../../src/xds/resources/resource.ts';
import { Conversation } from './conversation.ts';
import { makeResource, makeSet } from '../resources/resource-sets.ts';

/** A set said in lines: "cluster a@2" is version 2 of cluster a, "cluster a" its first. */
export function setOf(...lines: readonly string[]): ResourceSet {
  return makeSet(
    ...lines.map((line) => {
      const [type = '', named = ''] = line.split(' ');
      const [name = '', version = '1'] = named.split('@');
      return makeResource(type as ResourceType, name, { version });
    }),
  );
}

/** One resource of each type, in the order of types. */
export const everything: readonly string[] = [
  'cluster a',
  'endpoint a',
  'secret s',
  'listener l',
  'route r',
];

/** A proxy that has and acknowledged everything of `lines`. */
export function settled(
  lines: readonly string[] = everything,
  conversation = new Conversation(),
): Conversation {
  conversation.offer(setOf(...lines));
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
  if (named('extension').length > 0) {
    conversation.ask('extension', { subscribe: named('extension') });
    conversation.ack('extension');
  }
  conversation.ask('route', { subscribe: named('route') });
  if (named('route').length > 0) conversation.ack('route');
  if (!conversation.session.synced) throw new Error('the proxy did not get everything');
  return conversation;
}

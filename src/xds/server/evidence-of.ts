import { originKey } from '../../policy/origin.ts';
import type { Origin, OriginKey } from '../../policy/origin.ts';
import type { Refusal } from '../delta/refused.ts';
import type { Resource, ResourceSet } from '../resources/resource.ts';
import { pushOrder } from '../delta/type-order.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import { channelOrigin, maxNamed } from './evidence.ts';
import type { Evidence, ObjectEvidence, Rejection } from './evidence.ts';

interface Tally {
  origin: Origin;
  total: number;
  acknowledged: number;
  rejected: number;
  rejections: Rejection[];
  /** How many have not acknowledged it although it was offered to them, and some of their names. */
  behind: number;
  waiting: string[];
}

type Tallies = Map<OriginKey, Tally>;

const maxMessageLength = 1_000;

/**
 * How far each object is in force at the streams of this process. Streams in sync are counted by
 * group; only the others are looked at one by one. `step` is what was published last.
 */
export function evidenceOf(connections: Connections, step = 0): Evidence {
  const tallies: Tallies = new Map();
  for (const [set, members] of connections.groups) countGroup(tallies, set, members);
  let rejected = 0;
  for (const connection of connections.unsettled) {
    discountOutstanding(tallies, connection);
    if (countRefusals(tallies, connection)) rejected += 1;
  }
  nameLaggards(tallies, connections);
  const objects = new Map<OriginKey, ObjectEvidence>();
  for (const [key, tally] of tallies) objects.set(key, finish(tally));
  if (connections.channel > 0) objects.set(originKey(channelOrigin), channelOf(connections));
  return {
    connected: connections.size,
    synced: connections.size - connections.unsettled.size,
    rejected,
    step,
    pods: connections.pods,
    objects,
  };
}

function countGroup(tallies: Tallies, set: ResourceSet, members: number): void {
  for (const [key, origin] of originsOf(set)) {
    const tally = tallies.get(key);
    if (tally === undefined) {
      tallies.set(key, freshTally(origin, members));
      continue;
    }
    tally.total += members;
    if (origin.generation === tally.origin.generation) tally.acknowledged += members;
    else if (origin.generation > tally.origin.generation) {
      tally.origin = origin;
      tally.acknowledged = members;
    }
  }
}

function freshTally(origin: Origin, members: number): Tally {
  return {
    origin,
    total: members,
    acknowledged: members,
    rejected: 0,
    rejections: [],
    behind: 0,
    waiting: [],
  };
}

/** How many streams were opened on the newest certificate of this server. */
function channelOf({ channel, size, outdated }: Connections): ObjectEvidence {
  return {
    origin: { ...channelOrigin, generation: channel },
    total: size,
    acknowledged: size - outdated.size,
    rejected: 0,
    rejections: [],
    waiting: named([...outdated].map(({ proxy }) => proxy.pod)),
  };
}

function named(pods: readonly string[]): readonly string[] {
  return pods.toSorted().slice(0, maxNamed);
}

/** While many proxies connect, each waits for much: only as many are named as anybody is shown. */
function name({ waiting }: Tally, pod: string): void {
  if (waiting.length < maxNamed) waiting.push(pod);
}

function discountOutstanding(tallies: Tallies, connection: Connection): void {
  const counted = new Set<Tally>();
  for (const part of connection.session.outstandingParts())
    for (const origin of originsIn(part)) {
      const tally = tallies.get(originKey(origin));
      if (tally?.origin.generation !== origin.generation || counted.has(tally)) continue;
      counted.add(tally);
      tally.acknowledged -= 1;
      tally.behind += 1;
      name(tally, connection.proxy.pod);
    }
}

/**
 * Names the streams that were not even offered the newest generation of what concerns every proxy (an
 * origin without a namespace). Looks at streams one by one only while there are such.
 */
function nameLaggards(tallies: Tallies, connections: Connections): void {
  for (const [key, tally] of tallies) {
    const known = tally.acknowledged + tally.behind;
    if (tally.origin.namespace !== '' || known >= connections.size) continue;
    for (const { session, proxy } of connections) {
      const offered = session.offered && originsOf(session.offered).get(key);
      if (offered?.generation !== tally.origin.generation) name(tally, proxy.pod);
    }
  }
}

/** Of a whole map, which many streams lack while they connect, the remembered ones. */
function originsIn(part: ReadonlyMap<string, Resource> | readonly Resource[]): Iterable<Origin> {
  if ('get' in part) return originsOfMap(part).values();
  return part.flatMap(({ origins }) => origins);
}

/** Whether the stream refused anything that it is offered now. */
function countRefusals(tallies: Tallies, connection: Connection): boolean {
  const counted = new Set<Tally>();
  let any = false;
  for (const refusal of connection.session.refusals()) {
    any = true;
    for (const origin of refusal.resource.origins) {
      const tally = tallies.get(originKey(origin));
      if (tally === undefined || counted.has(tally)) continue;
      counted.add(tally);
      tally.rejected += 1;
      tally.rejections.push(rejectionOf(connection.proxy.pod, refusal));
    }
  }
  return any;
}

function rejectionOf(pod: string, { resource, message }: Refusal): Rejection {
  return { pod, resource: resource.name, message: message.slice(0, maxMessageLength) };
}

function finish(tally: Tally): ObjectEvidence {
  const rejections = tally.rejections.sort((a, b) => (a.pod < b.pod ? -1 : 1)).slice(0, maxNamed);
  const { origin, total, acknowledged, rejected, waiting } = tally;
  return { origin, total, acknowledged, rejected, rejections, waiting: named(waiting) };
}

type Origins = ReadonlyMap<OriginKey, Origin>;

const originsByMap = new WeakMap<ReadonlyMap<string, Resource>, Origins>();
const originsBySet = new WeakMap<ResourceSet, Origins>();

/** The objects that any resource of the set was made from, each at its newest generation. */
function originsOf(set: ResourceSet): Origins {
  const known = originsBySet.get(set);
  if (known !== undefined) return known;
  const origins = new Map<OriginKey, Origin>();
  for (const type of pushOrder)
    for (const origin of originsOfMap(set[type]).values()) keepNewest(origins, origin);
  originsBySet.set(set, origins);
  return origins;
}

function originsOfMap(resources: ReadonlyMap<string, Resource>): Origins {
  const known = originsByMap.get(resources);
  if (known !== undefined) return known;
  const origins = new Map<OriginKey, Origin>();
  for (const resource of resources.values())
    for (const origin of resource.origins) keepNewest(origins, origin);
  originsByMap.set(resources, origins);
  return origins;
}

function keepNewest(origins: Map<OriginKey, Origin>, origin: Origin): void {
  const key = originKey(origin);
  const other = origins.get(key);
  if (other === undefined || other.generation < origin.generation) origins.set(key, origin);
}

import { type Origin, originKey, type OriginKey } from '../../policy/origin.ts';
import type { Refusal } from '../delta/refused.ts';
import type { Resource, ResourceSet } from '../resources/resource.ts';
import type { CountedStream, CountedStreams } from './streams.ts';
import {
  channelOrigin,
  type Evidence,
  maxNamed,
  type ObjectEvidence,
  type Rejection,
  type SwitchStanding,
} from './evidence.ts';
import { originsOf, originsOfMap } from './origins-of.ts';
import type { Proxy } from '../../policy/proxy.ts';

interface Tally {
  origin: Origin;
  total: number;
  acknowledged: number;
  rejected: number;
  rejections: Rejection[];
  /** How many proxies have not acknowledged it although it was offered to them, and names of some of them. */
  behind: number;
  waiting: string[];
  /** Of those that have not acknowledged it, how many a switch need not wait for. */
  aside: number;
  unstarted: number;
}

/** The standing of a proxy that has not acknowledged something. */
export type StandingOf = (proxy: Proxy) => SwitchStanding;

/** The process's own statements: its last published step, its facts, and the standing of proxies. */
export interface EvidenceFacts {
  readonly step?: number;
  readonly facts?: string;
  /** By default every proxy counts. */
  readonly standingOf?: StandingOf;
}

type Tallies = Map<OriginKey, Tally>;

const maxMessageLength = 1_000;

/**
 * How far each object is in force at the streams of this process. Streams in sync are counted by group; only the others
 * are examined one by one.
 */
export function evidenceOf(
  connections: CountedStreams,
  { step = 0, facts = '', standingOf = () => 'counts' }: EvidenceFacts = {},
): Evidence {
  const tallies: Tallies = new Map();
  for (const [set, members] of connections.groups) countGroup(tallies, set, members);
  const refusing = new Set<string>();
  for (const connection of connections.unsettled) {
    discountOutstanding(tallies, connection, standingOf);
    if (countRefusals(tallies, connection)) refusing.add(connection.proxy.uid);
  }
  nameLaggards(tallies, connections, standingOf);
  const objects = new Map<OriginKey, ObjectEvidence>();
  for (const [key, tally] of tallies) objects.set(key, finish(tally));
  if (connections.channel > 0)
    objects.set(originKey(channelOrigin), channelOf(connections, standingOf));
  return {
    connected: connections.size,
    synced: connections.size - connections.unsettled.size,
    rejected: refusing.size,
    step,
    streams: connections.streams,
    refusing,
    ...laggardsIn(connections),
    objects,
    facts,
  };
}

function laggardsIn({ unsettled }: CountedStreams): Pick<Evidence, 'behind' | 'late'> {
  const [behind, late] = [new Set<string>(), new Set<string>()];
  for (const { proxy, isLate } of unsettled) {
    behind.add(proxy.uid);
    if (isLate) late.add(proxy.uid);
  }
  return { behind, late };
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
    aside: 0,
    unstarted: 0,
  };
}

/** How many streams were opened on the newest certificate of this server. */
function channelOf(
  { channel, size, outdated }: CountedStreams,
  standingOf: StandingOf,
): ObjectEvidence {
  const tally = freshTally({ ...channelOrigin, generation: channel }, size);
  tally.acknowledged -= outdated.size;
  for (const { proxy } of outdated) leave(tally, proxy, standingOf);
  return finish(tally);
}

function named(pods: readonly string[]): readonly string[] {
  return pods.toSorted().slice(0, maxNamed);
}

/**
 * Records a proxy that has not acknowledged it. While many proxies connect, each waits for much: the tally names only
 * as many as are shown to users, but counts all of them.
 */
function leave(tally: Tally, proxy: Proxy, standingOf: StandingOf): void {
  const standing = tally.origin.namespace === '' ? standingOf(proxy) : 'counts';
  if (standing !== 'counts') tally[standing] += 1;
  else if (tally.waiting.length < maxNamed) tally.waiting.push(proxy.pod);
}

function discountOutstanding(
  tallies: Tallies,
  connection: CountedStream,
  standingOf: StandingOf,
): void {
  const counted = new Set<Tally>();
  for (const part of connection.session.outstandingParts())
    for (const origin of originsIn(part)) {
      const tally = tallies.get(originKey(origin));
      if (tally?.origin.generation !== origin.generation || counted.has(tally)) continue;
      counted.add(tally);
      tally.acknowledged -= 1;
      tally.behind += 1;
      leave(tally, connection.proxy, standingOf);
    }
}

/**
 * Names the streams that were not even offered the newest generation of what concerns every proxy (an origin without a
 * namespace). Examines streams one by one only while there are such streams.
 */
function nameLaggards(tallies: Tallies, connections: CountedStreams, standingOf: StandingOf): void {
  for (const [key, tally] of tallies) {
    const known = tally.acknowledged + tally.behind;
    if (tally.origin.namespace !== '' || known >= connections.size) continue;
    for (const { session, proxy } of connections) {
      const offered = session.offered && originsOf(session.offered).get(key);
      if (offered?.generation !== tally.origin.generation) leave(tally, proxy, standingOf);
    }
  }
}

/** For a whole map, which many streams lack while they connect, the origins are remembered. */
function originsIn(part: ReadonlyMap<string, Resource> | readonly Resource[]): Iterable<Origin> {
  if ('get' in part) return originsOfMap(part).values();
  return part.flatMap(({ origins }) => origins);
}

/** Whether the stream refused anything that it is offered now. */
function countRefusals(tallies: Tallies, connection: CountedStream): boolean {
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
  const { origin, total, acknowledged, rejected, waiting, aside, unstarted } = tally;
  return {
    ...{ origin, total, acknowledged, rejected, rejections, waiting: named(waiting) },
    ...(aside > 0 && { aside }),
    ...(unstarted > 0 && { unstarted }),
  };
}

import { fromBinary } from '@bufbuild/protobuf';
import { DeltaDiscoveryResponseSchema } from '../../../src/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import type { ResponseBytes } from '../../../src/xds/delta/response-bytes.ts';
import { Session } from '../../../src/xds/delta/session.ts';
import type { DeltaResponse } from '../../../src/xds/delta/step.ts';
import { pushOrder } from '../../../src/xds/delta/type-order.ts';
import type { QuarantineReports } from '../../../src/xds/delta/refused.ts';
import {
  type ResourceSet,
  type ResourceType,
  typeUrls,
} from '../../../src/xds/resources/resource.ts';
import { makeResource, makeSet } from '../resources/resource-sets.ts';

/** Names and versions of resources that refer to one another like a mesh's. */
export interface LinkedResources {
  readonly clusters: Readonly<Record<string, number>>;
  readonly endpoints: Readonly<Record<string, number>>;
  /** Each listener has a route of its name. */
  readonly listeners: Readonly<Record<string, number>>;
  /** The clusters that each route names. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  readonly secret: number;
}

/** A version says what the resource names: "1" of a cluster, "1:a,b" of a route to a and b. */
export function setOfLinked(all: LinkedResources): ResourceSet {
  const versions = (type: ResourceType, all: Readonly<Record<string, number>>) =>
    Object.entries(all).map(([name, version]) =>
      makeResource(type, name, { version: String(version) }),
    );
  return makeSet(
    ...versions('cluster', all.clusters),
    ...Object.keys(all.clusters).map((name) =>
      makeResource('endpoint', name, { version: String(all.endpoints[name] ?? 0) }),
    ),
    makeResource('secret', 'workload', { version: String(all.secret) }),
    ...versions('listener', all.listeners),
    ...Object.entries(all.targets).map(([name, targets]) =>
      makeResource('route', name, { version: `:${targets.join(',')}` }),
    ),
  );
}

interface Pending {
  readonly type: ResourceType;
  readonly nonce: string;
  readonly changed: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
}

/**
 * A client with Envoy's manners: asks for the endpoints of its clusters and the routes of its
 * listeners, applies a response when it acknowledges it, and notes everything that would have
 * broken traffic.
 */
export class EnvoyLikeClient {
  readonly mistakes: string[] = [];
  readonly #bytes: ResponseBytes;
  readonly #suspects: QuarantineReports = new WeakSet();
  #session: Session;
  #offered: ResourceSet | undefined;
  readonly #held = new Map<ResourceType, Map<string, string>>();
  readonly #asked = new Map<ResourceType, Set<string>>();
  #pending: Pending[] = [];
  /** What names a refused cluster goes out all the same, and may arrive when that is long gone. */
  readonly #everRefused = new Set<string>();

  constructor(bytes: ResponseBytes) {
    this.#bytes = bytes;
    for (const type of pushOrder) this.#held.set(type, new Map());
    this.#session = new Session(bytes, this.#suspects);
    this.#greet();
  }

  get synced(): boolean {
    return this.#session.synced;
  }

  offer(set: ResourceSet): void {
    this.#offered = set;
    this.#take(this.#session.offer(set));
  }

  /** A new stream to a server that has what the old one had. What was unanswered is lost. */
  reconnect(): void {
    this.#pending = [];
    this.#session = new Session(this.#bytes, this.#suspects);
    if (this.#offered !== undefined) this.#session.offer(this.#offered);
    this.#greet();
  }

  /** A new proxy in its place, which holds nothing and asks for names as it learns of them. */
  restart(): void {
    this.#pending = [];
    for (const type of pushOrder) this.#of(type).clear();
    this.#session = new Session(this.#bytes, this.#suspects);
    if (this.#offered !== undefined) this.#session.offer(this.#offered);
    this.#asked.clear();
    this.#asked.set('endpoint', new Set());
    this.#asked.set('secret', new Set(['workload']));
    this.#asked.set('route', new Set());
    for (const type of ['cluster', 'listener'] as const) this.#send(type, {});
    this.#send('secret', { subscribe: ['workload'] });
  }

  /** Applies or refuses one of the responses that wait for it. */
  answer(which: number, refuse: boolean): void {
    const pending = this.#pending[which % Math.max(this.#pending.length, 1)];
    if (pending === undefined) return;
    this.#pending = this.#pending.filter((one) => one !== pending);
    if (!refuse) this.#apply(pending);
    this.#send(pending.type, { nonce: pending.nonce, error: refuse ? 'no' : undefined });
    if (refuse) for (const name of this.refused()) this.#everRefused.add(name);
    else this.#follow();
  }

  answerAll(): void {
    for (let turn = 0; this.#pending.length > 0; turn += 1) {
      if (turn > 1_000) throw new Error('the server never ends');
      this.answer(0, false);
    }
  }

  held(): Record<string, Record<string, string>> {
    return this.#byType((type) => this.#of(type));
  }

  /** What of the offered set a client that follows the references asks for. */
  wanted(): Record<string, Record<string, string>> {
    return this.#byType((type) => {
      const asked = this.#asked.get(type);
      const offered = [...(this.#offered?.[type] ?? new Map<string, never>()).values()];
      return new Map(
        offered
          .filter(({ name }) => asked === undefined || asked.has(name))
          .map(({ name, version }) => [name, version]),
      );
    });
  }

  differences(): { readonly missing: readonly string[] } {
    const missing: string[] = [];
    const held = this.held();
    for (const [type, resources] of Object.entries(this.wanted()))
      for (const [name, version] of Object.entries(resources))
        if (held[type]?.[name] !== version) missing.push(`${type} ${name}`);
    return { missing };
  }

  refused(): readonly string[] {
    return [...this.#session.refusals()].map(({ resource }) => `${resource.type} ${resource.name}`);
  }

  #byType(get: (type: ResourceType) => ReadonlyMap<string, string>) {
    return Object.fromEntries(
      pushOrder.map((type) => [type, Object.fromEntries([...get(type)].sort())]),
    );
  }

  #greet(): void {
    this.#asked.clear();
    const initial = new Map(pushOrder.map((type) => [type, new Map(this.#of(type))]));
    this.#asked.set('endpoint', new Set(this.#of('cluster').keys()));
    this.#asked.set('secret', new Set(['workload']));
    this.#asked.set('route', new Set(this.#of('listener').keys()));
    for (const type of pushOrder)
      this.#send(type, {
        subscribe: [...(this.#asked.get(type) ?? [])],
        initialVersions: initial.get(type) ?? new Map(),
      });
  }

  /** Asks for what clusters and listeners name now, and lets go what none names any more. */
  #follow(): void {
    for (const [referrer, type] of [
      ['cluster', 'endpoint'],
      ['listener', 'route'],
    ] as const) {
      const asked = this.#asked.get(type) ?? new Set();
      const wanted = this.#of(referrer);
      const subscribe = [...wanted.keys()].filter((name) => !asked.has(name));
      const unsubscribe = [...asked].filter((name) => !wanted.has(name));
      if (subscribe.length + unsubscribe.length === 0) continue;
      for (const name of unsubscribe) this.#of(type).delete(name);
      this.#asked.set(type, new Set(wanted.keys()));
      this.#send(type, { subscribe, unsubscribe });
    }
  }

  #send(type: ResourceType, more: Partial<Parameters<Session['receive']>[0]>): void {
    const request = {
      typeUrl: typeUrls[type],
      subscribe: [],
      unsubscribe: [],
      initialVersions: new Map<string, string>(),
      nonce: '',
      error: undefined,
      ...more,
    };
    this.#take(this.#session.receive(request).responses);
  }

  #take(responses: readonly DeltaResponse[]): void {
    for (const { type, nonce, bytes } of responses) {
      const message = fromBinary(DeltaDiscoveryResponseSchema, bytes);
      if (this.#pending.some((one) => one.type === type))
        this.mistakes.push(`two unanswered ${type} responses`);
      const changed = new Map(message.resources.map(({ name, version }) => [name, version]));
      this.#pending.push({ type, nonce, changed, removed: message.removedResources });
    }
  }

  #apply({ type, changed, removed }: Pending): void {
    const held = this.#of(type);
    const asked = this.#asked.get(type);
    for (const [name, version] of changed) {
      if (asked === undefined || asked.has(name)) held.set(name, version);
      if (type === 'route') this.#checkTargets(name, version);
    }
    for (const name of removed) {
      if (type === 'cluster') this.#checkUnnamed(name);
      held.delete(name);
    }
  }

  #checkTargets(route: string, version: string): void {
    if (this.#asked.get('route')?.has(route) !== true) return;
    for (const target of targetsOf(version))
      if (!this.#of('cluster').has(target) && !this.#everRefused.has(`cluster ${target}`))
        this.mistakes.push(`route ${route} names ${target} too early`);
  }

  #checkUnnamed(cluster: string): void {
    for (const [route, version] of this.#of('route'))
      if (targetsOf(version).includes(cluster))
        this.mistakes.push(`cluster ${cluster} removed while route ${route} names it`);
  }

  #of(type: ResourceType): Map<string, string> {
    const held = this.#held.get(type);
    if (held === undefined) throw new Error(`no ${type}`);
    return held;
  }
}

function targetsOf(version: string): readonly string[] {
  return version.slice(1).split(',').filter(Boolean);
}

import { chmod } from 'node:fs/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Server, type ServerDuplexStream, ServerCredentials } from '@grpc/grpc-js';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  ResourceSchema,
} from '../../../src/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { pushOrder } from '../../../src/xds/delta/type-order.ts';
import {
  type Resource,
  type ResourceSet,
  type ResourceType,
  typeUrls,
} from '../../../src/xds/resources/resource.ts';

export type AdsStream = ServerDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

const order: readonly ResourceType[] = pushOrder;

/** The least of a delta ADS server that a real Envoy is content with: for looking at resources at work. */
export interface TestAds {
  readonly socket: string;
  /** Refusals, in Envoy's words. */
  readonly nacks: readonly string[];
  /** Whether that proxy has asked for anything. */
  connected(node: string): boolean;
  /** How many responses that proxy has not answered yet. */
  unanswered(node: string): number;
  /** What the proxy with this node id has from now on. */
  offer(node: string, set: ResourceSet): void;
  stop(): void;
}

/** How a server converses on one stream. */
export interface Talk {
  /** The proxy's id; "" until it said it. */
  readonly node: string;
  /** Responses that it has not answered yet. */
  readonly unanswered: { readonly size: number };
  /** Sends what is new of what the proxy has. */
  push(): void;
}

/** Begins to converse on a stream. Takes sets by node id, and notes refusals in `nacks`. */
export type BeginTalk = (
  stream: AdsStream,
  sets: ReadonlyMap<string, ResourceSet>,
  nacks: string[],
) => Talk;

export async function startAds(
  socket: string,
  begin: BeginTalk = (...args) => new Session(...args),
): Promise<TestAds> {
  const sets = new Map<string, ResourceSet>();
  const nacks: string[] = [];
  const sessions = new Set<Talk>();
  const server = new Server();
  server.addService(service, {
    deltaAggregatedResources: (stream: AdsStream) => {
      const session = begin(stream, sets, nacks);
      sessions.add(session);
      stream.on('end', () => {
        sessions.delete(session);
        stream.end();
      });
      stream.on('error', () => sessions.delete(session));
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  await chmod(socket, 0o777);
  return {
    socket,
    nacks,
    connected: (node) => [...sessions].some((session) => session.node === node),
    unanswered: (node) =>
      [...sessions]
        .filter((session) => session.node === node)
        .reduce((sum, session) => sum + session.unanswered.size, 0),
    offer(node, set) {
      sets.set(node, set);
      for (const session of sessions) if (session.node === node) session.push();
    },
    stop: () => {
      server.forceShutdown();
    },
  };
}

const service = {
  deltaAggregatedResources: {
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    requestStream: true,
    responseStream: true,
    requestSerialize: (message: DeltaDiscoveryRequest) =>
      Buffer.from(toBinary(DeltaDiscoveryRequestSchema, message)),
    requestDeserialize: (bytes: Buffer) => fromBinary(DeltaDiscoveryRequestSchema, bytes),
    responseSerialize: (message: DeltaDiscoveryResponse) =>
      Buffer.from(toBinary(DeltaDiscoveryResponseSchema, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
  },
} as const;

interface Subscription {
  readonly wildcard: boolean;
  readonly names: Set<string>;
  /** Versions that were sent. */
  readonly sent: Map<string, string>;
}

class Session implements Talk {
  node = '';
  /** Nonces of responses. */
  readonly unanswered = new Set<string>();
  readonly #stream: AdsStream;
  readonly #sets: ReadonlyMap<string, ResourceSet>;
  readonly #nacks: string[];
  readonly #subscriptions = new Map<ResourceType, Subscription>();
  #nonce = 0;

  constructor(stream: AdsStream, sets: ReadonlyMap<string, ResourceSet>, nacks: string[]) {
    this.#stream = stream;
    this.#sets = sets;
    this.#nacks = nacks;
    stream.on('data', (request: DeltaDiscoveryRequest) => this.#receive(request));
  }

  /** Sends what is new of everything subscribed to; endpoints of a changed cluster are sent again. */
  push(): void {
    for (const type of order) {
      const sent = this.#send(type);
      if (type !== 'cluster') continue;
      const endpoints = this.#subscriptions.get('endpoint');
      for (const name of sent) endpoints?.sent.delete(name);
    }
  }

  #receive(request: DeltaDiscoveryRequest): void {
    this.node = request.node?.id ?? this.node;
    this.unanswered.delete(request.responseNonce);
    const type = order.find((known) => typeUrls[known] === request.typeUrl);
    if (request.errorDetail !== undefined) this.#nacks.push(request.errorDetail.message);
    if (type === undefined) return;
    const first = !this.#subscriptions.has(type);
    const subscription = this.#subscription(type);
    for (const name of request.resourceNamesUnsubscribe) {
      subscription.names.delete(name);
      subscription.sent.delete(name);
    }
    for (const name of request.resourceNamesSubscribe) {
      subscription.names.add(name);
      subscription.sent.delete(name);
    }
    if (first || request.resourceNamesSubscribe.length > 0) this.#send(type, first);
  }

  #subscription(type: ResourceType): Subscription {
    const before = this.#subscriptions.get(type);
    if (before !== undefined) return before;
    const wildcard = type === 'cluster' || type === 'listener';
    const made = { wildcard, names: new Set<string>(), sent: new Map<string, string>() };
    this.#subscriptions.set(type, made);
    return made;
  }

  #send(type: ResourceType, evenEmpty = false): readonly string[] {
    const set = this.#sets.get(this.node);
    const subscription = this.#subscriptions.get(type);
    if (set === undefined || subscription === undefined) return [];
    const has = (name: string): boolean => subscription.wildcard || subscription.names.has(name);
    const fresh = [...set[type].values()].filter(
      ({ name, version }) => has(name) && subscription.sent.get(name) !== version,
    );
    const gone = [...subscription.sent.keys()].filter((name) => !set[type].has(name));
    if (fresh.length === 0 && gone.length === 0 && !evenEmpty) return [];
    for (const { name, version } of fresh) subscription.sent.set(name, version);
    for (const name of gone) subscription.sent.delete(name);
    this.#stream.write(this.#response(type, fresh, gone));
    return fresh.map(({ name }) => name);
  }

  #response(
    type: ResourceType,
    fresh: readonly Resource[],
    gone: readonly string[],
  ): DeltaDiscoveryResponse {
    this.#nonce += 1;
    this.unanswered.add(String(this.#nonce));
    return create(DeltaDiscoveryResponseSchema, {
      typeUrl: typeUrls[type],
      nonce: String(this.#nonce),
      resources: fresh.map(({ encoded }) => fromBinary(ResourceSchema, encoded)),
      removedResources: [...gone],
    });
  }
}

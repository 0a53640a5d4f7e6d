import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { xdsPingSeconds, xdsWindowBytes } from '../../src/envoy/bootstrap.ts';
import { type SecureContext, createSecureContext } from 'node:tls';
import { create, toBinary } from '@bufbuild/protobuf';
import { DeltaDiscoveryRequestSchema } from '../../src/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { type ResourceType, typeUrls } from '../../src/xds/resources/resource.ts';
import { now } from './figures.ts';
import { type ReadResponse, type ResponseContent, readResponse } from './response-content.ts';

export interface LoadTarget {
  readonly port: number;
  readonly serverName: string;
  readonly ca: string;
  /** HTTP/2 windows; by default those of the sidecars. */
  readonly windowBytes?: number;
}

export interface ProxyEvents {
  readonly ready: () => void;
  /** A response arrived, and its answer went to the socket. Times are of the monotonic clock. */
  readonly answered: (content: ResponseContent, times: Times) => void;
  readonly failed: (reason: string) => void;
}

export interface Times {
  readonly received: number;
  readonly acknowledged: number;
  readonly bytes: number;
  readonly payload: Buffer;
}

/** Envoy's own list as a client. */
const curves = 'X25519:P-256';
const contexts = new WeakMap<LoadTarget, SecureContext>();

/** What is trusted, read once for all proxies of the process: a proxy has a process of its own. */
function contextOf(target: LoadTarget): SecureContext {
  const known = contexts.get(target);
  if (known !== undefined) return known;
  const context = createSecureContext({ ca: target.ca, ecdhCurve: curves });
  contexts.set(target, context);
  return context;
}

const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const secrets = ['workload', 'ca:trust'];
const headerBytes = 5;

/**
 * One proxy: a connection of its own, Envoy's order (clusters; endpoints and secrets; listeners;
 * routes), every response acknowledged, the first clusters only when they are warm.
 */
export class LoadProxy {
  readonly #target: LoadTarget;
  readonly #token: string;
  readonly #events: ProxyEvents;
  /** Names asked for and not yet received, by type. */
  readonly #missing = new Map<ResourceType, Set<string>>();
  readonly #asked = new Set<string>();
  #session: ClientHttp2Session | undefined;
  #stream: ClientHttp2Stream | undefined;
  #pings: NodeJS.Timeout | undefined;
  #buffered: Buffer[] = [];
  #length = 0;
  /** So many bytes must be there before there is more to read: a header, or header and message. */
  #wanted = headerBytes;
  /** The first response about clusters, while its endpoints and secrets are on their way. */
  #warming: ReadResponse | undefined;
  #listening = false;
  #ready = false;
  #stopped = false;

  constructor(target: LoadTarget, token: string, events: ProxyEvents) {
    this.#target = target;
    this.#token = token;
    this.#events = events;
  }

  start(): void {
    const { port, serverName, windowBytes = xdsWindowBytes } = this.#target;
    this.#session = connect(`https://127.0.0.1:${port}`, {
      secureContext: contextOf(this.#target),
      servername: serverName,
      settings: { initialWindowSize: windowBytes },
    });
    this.#session.once('connect', (session) => session.setLocalWindowSize(windowBytes));
    this.#session.on('error', (error: Error) => this.#fail(error.message));
    this.#pings = setInterval(() => this.#session?.ping(() => undefined), xdsPingSeconds * 1000);
    this.#stream = this.#session.request({
      ':method': 'POST',
      ':path': path,
      ':authority': serverName,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${this.#token}`,
    });
    this.#stream.on('data', (chunk: Buffer) => this.#take(chunk, now()));
    this.#stream.on('error', (error: Error) => this.#fail(error.message));
    this.#stream.on('close', () => this.#fail('closed by the server'));
    this.#send('cluster', {});
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#pings);
    this.#session?.destroy();
  }

  #fail(reason: string): void {
    if (this.#stopped) return;
    this.stop();
    this.#events.failed(reason);
  }

  #take(chunk: Buffer, received: number): void {
    this.#buffered.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= this.#wanted) {
      const [first = chunk, ...others] = this.#buffered;
      const all = others.length === 0 ? first : Buffer.concat(this.#buffered);
      this.#buffered = [all];
      const end = headerBytes + all.readUInt32BE(1);
      this.#wanted = end;
      if (this.#length < end) return;
      this.#buffered = [all.subarray(end)];
      this.#length -= end;
      this.#wanted = headerBytes;
      this.#respond(all.subarray(headerBytes, end), received);
    }
  }

  #respond(payload: Buffer, received: number): void {
    const response = readResponse(payload);
    const { content } = response;
    for (const name of [...content.names, ...content.removed])
      this.#missing.get(content.type)?.delete(name);
    if (content.type === 'cluster') this.#follow('endpoint', content.follows);
    if (content.type === 'listener') {
      this.#missing.set('listener', new Set());
      this.#follow('extension', content.extensions);
      this.#follow('route', content.follows);
    }
    if (content.type === 'cluster' && !this.#listening) this.#warm(response);
    else this.#acknowledge(response, { received, bytes: payload.length, payload });
    this.#advance(received);
  }

  #warm(response: ReadResponse): void {
    this.#warming = response;
    this.#follow('secret', secrets);
  }

  /** Goes on to listeners when the clusters are warm, and is ready when nothing is missing. */
  #advance(received: number): void {
    if (this.#warming !== undefined && this.#has('endpoint') && this.#has('secret')) {
      const response = this.#warming;
      this.#warming = undefined;
      this.#acknowledge(response, { received, bytes: 0, payload: Buffer.alloc(0) });
      this.#send('listener', {});
      this.#missing.set('listener', new Set(['any of them']));
      this.#listening = true;
      return;
    }
    if (!this.#listening || this.#ready) return;
    if (this.#has('extension') && this.#has('route') && this.#missing.get('listener')?.size === 0) {
      this.#ready = true;
      this.#events.ready();
    }
  }

  #has(type: ResourceType): boolean {
    return (this.#missing.get(type)?.size ?? 0) === 0;
  }

  #follow(type: ResourceType, names: readonly string[]): void {
    const fresh = names.filter((name) => !this.#asked.has(`${type} ${name}`));
    if (fresh.length === 0) return;
    const missing = this.#missing.get(type) ?? new Set();
    this.#missing.set(type, missing);
    for (const name of fresh) {
      this.#asked.add(`${type} ${name}`);
      missing.add(name);
    }
    this.#send(type, { resourceNamesSubscribe: fresh });
  }

  #acknowledge({ content, nonce }: ReadResponse, times: Omit<Times, 'acknowledged'>): void {
    this.#send(content.type, { responseNonce: nonce }, () =>
      this.#events.answered(content, { ...times, acknowledged: now() }),
    );
  }

  #send(
    type: ResourceType,
    more: { resourceNamesSubscribe?: string[]; responseNonce?: string },
    written?: () => void,
  ): void {
    const request = create(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls[type], ...more });
    const bytes = toBinary(DeltaDiscoveryRequestSchema, request);
    const frame = Buffer.alloc(headerBytes + bytes.length);
    frame.writeUInt32BE(bytes.length, 1);
    frame.set(bytes, headerBytes);
    this.#stream?.write(frame, written);
  }
}

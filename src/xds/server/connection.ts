import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { ResourceSet, ResourceType } from '../resources/resource.ts';
import type { DeltaRequest } from '../delta/request-bytes.ts';
import type { Session } from '../delta/session.ts';
import type { DeltaResponse, Step } from '../delta/step.ts';
import type { Closing } from '../port/closing.ts';
import { Lateness } from './lateness.ts';
import type { Entry } from '../port/entry.ts';
import type { StreamEnd, XdsMetrics } from '../port/metrics.ts';
import type { Proxy } from '../../policy/proxy.ts';

export type AdsCall = ServerDuplexStream<Buffer, Buffer>;

export interface ConnectionOptions {
  readonly call: AdsCall;
  readonly proxy: Proxy;
  readonly session: Session;
  readonly metrics: XdsMetrics;
  readonly now: number;
  readonly entry: Entry;
  readonly requestBurst: number;
  readonly byteBurst: number;
}

/** One authenticated stream: writes what its session decides. */
export class Connection {
  readonly proxy: Proxy;
  readonly session: Session;
  /** Milliseconds since the epoch, when the stream was admitted. */
  readonly opened: number;
  /** Requests that the client may still send before the stream is closed; the sweep adds more. */
  credits: number;
  /** The same in bytes. */
  byteCredits: number;
  /** Whether its pod is not a workload of the mesh, as last published. */
  isStranger = false;
  /** Since when the sweep has found that its pod is not a workload. */
  strangerSince: number | undefined;
  readonly lateness = new Lateness();
  /** Whether the sweep found that it has been behind for long. */
  isLate = false;
  /** Since when listeners and routes are held back for new clusters. */
  heldSince: number | undefined;
  readonly #call: AdsCall;
  readonly #metrics: XdsMetrics;
  readonly #entry: Entry;
  #hasAnswered = false;
  #ended: StreamEnd | undefined;

  constructor(options: ConnectionOptions) {
    this.#call = options.call;
    this.proxy = options.proxy;
    this.session = options.session;
    this.#metrics = options.metrics;
    this.opened = options.now;
    this.credits = options.requestBurst;
    this.byteCredits = options.byteBurst;
    this.#entry = options.entry;
  }

  /** Whether any request has come in. */
  get hasRequest(): boolean {
    return this.#hasAnswered;
  }

  /** Why the stream ended; undefined while it is open. */
  get ended(): StreamEnd | undefined {
    return this.#ended;
  }

  /** Deducts a message from what the client may send. Returns false when that is used up. */
  pay(bytes: number): boolean {
    this.#entry.messageEnded(bytes);
    this.credits -= 1;
    this.byteCredits -= bytes;
    return this.credits >= 0 && this.byteCredits >= 0;
  }

  receive(request: DeltaRequest, type: ResourceType | undefined): Step {
    this.#hasAnswered = true;
    const step = this.session.receive(request);
    if (type !== undefined && step.answer === 'acknowledged') this.#metrics.acknowledged(type);
    if (type !== undefined && step.answer === 'refused') this.#metrics.refused(type);
    this.#write(step.responses);
    return step;
  }

  offer(set: ResourceSet): void {
    this.#write(this.session.offer(set));
  }

  skipWarmingWait(): void {
    this.#write(this.session.skipWarmingWait());
  }

  /** Ends the stream with a status. What was written before is still sent if the client reads it. */
  close(closing: Closing): void {
    if (this.#ended !== undefined) return;
    this.#ended = closing.reason;
    this.#entry.ended(!comesBack.has(closing.reason));
    closeCall(this.#call, closing);
  }

  /** The client ended the stream. */
  lost(): void {
    this.#ended ??= 'client';
    this.#entry.ended(false);
  }

  /**
   * At most one response per type is unanswered, so a client that never reads costs at most one response of each type.
   */
  #write(responses: readonly DeltaResponse[]): void {
    if (this.#ended !== undefined) return;
    for (const { type, bytes, framed } of responses) {
      this.#metrics.response(type, bytes.length);
      this.#call.write(framed);
    }
  }
}

/** After these the client is expected to open its next stream on the same connection. */
const comesBack: ReadonlySet<StreamEnd> = new Set(['client', 'token-expired', 'shutdown']);

/** grpc-js sends a status in this way. */
export function closeCall(call: AdsCall, { code, details }: Closing): void {
  call.emit('error', { code, details });
}

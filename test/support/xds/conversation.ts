import { fromBinary } from '@bufbuild/protobuf';
import { DeltaDiscoveryResponseSchema } from '../../../src/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { ResponseBytes } from '../../../src/xds/delta/response-bytes.ts';
import type { DeltaRequest } from '../../../src/xds/delta/request-bytes.ts';
import { Session } from '../../../src/xds/delta/session.ts';
import type { DeltaResponse } from '../../../src/xds/delta/step.ts';
import type { QuarantineReports } from '../../../src/xds/delta/refused.ts';
import {
  type Resource,
  type ResourceSet,
  type ResourceType,
  typeUrls,
} from '../../../src/xds/resources/resource.ts';
import { deltaRequest } from './delta-request.ts';

/** What a request says beside its type. */
export interface Asked {
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly initial?: Readonly<Record<string, string>>;
}

/**
 * A session with a client that a test plays. Each step gives the responses it led to, one line
 * each: "cluster +a@1 -b" sends version 1 of a and removes b.
 */
export class Conversation {
  readonly session: Session;
  readonly #nonces = new Map<ResourceType, string>();

  constructor(bytes = new ResponseBytes(), suspects: QuarantineReports = new WeakSet()) {
    this.session = new Session(bytes, suspects);
  }

  offer(set: ResourceSet): string[] {
    return this.#note(this.session.offer(set));
  }

  ask(
    type: ResourceType,
    { subscribe = [], unsubscribe = [], initial = {} }: Asked = {},
  ): string[] {
    return this.#request(type, {
      subscribe,
      unsubscribe,
      initialVersions: new Map(Object.entries(initial)),
    });
  }

  /** Acknowledges the last response of the type. */
  ack(type: ResourceType): string[] {
    return this.#request(type, { nonce: this.nonce(type) });
  }

  /** Refuses it. */
  nack(type: ResourceType, error: string, errorIsCut = false): string[] {
    return this.#request(type, { nonce: this.nonce(type), error, errorIsCut });
  }

  answer(type: ResourceType, nonce: string): string[] {
    return this.#request(type, { nonce });
  }

  hasten(): string[] {
    return this.#note(this.session.skipWarmingWait());
  }

  /** What the client has not acknowledged. */
  outstanding(): Resource[] {
    return [...this.session.outstandingParts()].flatMap((part) => [...part.values()]);
  }

  nonce(type: ResourceType): string {
    const nonce = this.#nonces.get(type);
    if (nonce === undefined) throw new Error(`no ${type} response yet`);
    return nonce;
  }

  #request(type: ResourceType, more: Partial<DeltaRequest>): string[] {
    const { responses } = this.session.receive(deltaRequest(type, more));
    return this.#note(responses);
  }

  #note(responses: readonly DeltaResponse[]): string[] {
    for (const { type, nonce } of responses) this.#nonces.set(type, nonce);
    return responses.map(lineOf);
  }
}

function lineOf({ type, nonce, bytes }: DeltaResponse): string {
  const message = fromBinary(DeltaDiscoveryResponseSchema, bytes);
  if (message.typeUrl !== typeUrls[type] || message.nonce !== nonce)
    throw new Error('the bytes say something else');
  const changed = message.resources.map(({ name, version }) => ` +${name}@${version}`);
  const removed = message.removedResources.map((name) => ` -${name}`);
  return `${type}${changed.join('')}${removed.join('')}`;
}

import { typeUrls } from '../resources/resource.ts';
import type { Resource, ResourceType } from '../resources/resource.ts';

/** What one response says: at most one version of a name, in either list. */
export interface ResponseContent {
  readonly type: ResourceType;
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
}

/** An encoded envoy.service.discovery.v3.DeltaDiscoveryResponse and the nonce in it. */
export interface EncodedResponse {
  readonly nonce: string;
  readonly bytes: Uint8Array;
}

interface Built {
  readonly response: EncodedResponse;
  /** The age in which it was last used. */
  readonly age: number;
}

const defaultBudget = 16 * 1024 * 1024;
const text = new TextEncoder();
const encodedTypeUrls = mapTypes((type) => text.encode(typeUrls[type]));

/**
 * Builds each response once: streams that are sent the same content get the very same bytes. So
 * the nonce counts responses built in this process, not responses of a stream; a stream has at most
 * one unanswered response per type, hence no nonce is ever ambiguous on it.
 */
export class ResponseBytes {
  readonly #budget: number;
  /** The least used first. */
  readonly #built = new Map<string, Built>();
  readonly #ids = new WeakMap<Resource, number>();
  #size = 0;
  #age = 0;
  #lastId = 0;
  #lastNonce = 0;

  /** `budget` bounds, in bytes, what is kept for streams that will ask for the same. */
  constructor(budget: number = defaultBudget) {
    this.#budget = budget;
  }

  /** How many responses were built, which is how often anything was encoded. */
  get count(): number {
    return this.#lastNonce;
  }

  of(content: ResponseContent): EncodedResponse {
    const key = this.#keyOf(content);
    const known = this.#built.get(key);
    if (known !== undefined) {
      this.#built.delete(key);
      this.#built.set(key, { response: known.response, age: this.#age });
      return known.response;
    }
    this.#lastNonce += 1;
    const nonce = String(this.#lastNonce);
    const response = { nonce, bytes: encodeResponse(content, nonce) };
    this.#keep(key, response);
    return response;
  }

  /** Begins a new age, and forgets what was not used in the one that ends. */
  tidy(): void {
    for (const [key, { response, age }] of this.#built) {
      if (age === this.#age) break;
      this.#forget(key, response);
    }
    this.#age += 1;
  }

  #keep(key: string, response: EncodedResponse): void {
    this.#built.set(key, { response, age: this.#age });
    this.#size += costOf(key, response);
    for (const [oldest, old] of this.#built) {
      if (this.#size <= this.#budget) return;
      this.#forget(oldest, old.response);
    }
  }

  #forget(key: string, response: EncodedResponse): void {
    this.#built.delete(key);
    this.#size -= costOf(key, response);
  }

  #keyOf({ type, changed, removed }: ResponseContent): string {
    const ids = changed.map((resource) => this.#idOf(resource)).join(',');
    return `${type}:${ids}:${removed.join('\0')}`;
  }

  #idOf(resource: Resource): number {
    const known = this.#ids.get(resource);
    if (known !== undefined) return known;
    this.#lastId += 1;
    this.#ids.set(resource, this.#lastId);
    return this.#lastId;
  }
}

function costOf(key: string, response: EncodedResponse): number {
  return key.length + response.bytes.length;
}

const field = { resources: 2, typeUrl: 4, nonce: 5, removed: 6 } as const;

/** Frames the resources' ready bytes (`Resource.encoded`) as one DeltaDiscoveryResponse. */
export function encodeResponse(content: ResponseContent, nonce: string): Uint8Array {
  const parts: { readonly field: number; readonly bytes: Uint8Array }[] = [
    ...content.changed.map(({ encoded }) => ({ field: field.resources, bytes: encoded })),
    { field: field.typeUrl, bytes: encodedTypeUrls[content.type] },
    { field: field.nonce, bytes: text.encode(nonce) },
    ...content.removed.map((name) => ({ field: field.removed, bytes: text.encode(name) })),
  ];
  const size = parts.reduce((sum, { bytes }) => sum + framedSize(bytes.length), 0);
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out[at] = (part.field << 3) | 2;
    at = writeVarint(out, at + 1, part.bytes.length);
    out.set(part.bytes, at);
    at += part.bytes.length;
  }
  return out;
}

function framedSize(length: number): number {
  let size = 2 + length;
  for (let rest = length; rest > 127; rest >>>= 7) size += 1;
  return size;
}

function writeVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest > 127; rest >>>= 7) out[at++] = (rest & 127) | 128;
  out[at++] = rest;
  return at;
}

function mapTypes<T>(make: (type: ResourceType) => T): Readonly<Record<ResourceType, T>> {
  return {
    cluster: make('cluster'),
    endpoint: make('endpoint'),
    secret: make('secret'),
    listener: make('listener'),
    route: make('route'),
  };
}

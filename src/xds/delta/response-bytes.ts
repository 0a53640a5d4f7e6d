import { prefixBytes } from './message-prefix.ts';
import { type Resource, type ResourceType, typeUrls } from '../resources/resource.ts';

/** The content of one response: at most one version of a name, in either list. */
export interface ResponseContent {
  readonly type: ResourceType;
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
  /** The map of which `changed` is the whole, if it is the whole of one. */
  readonly whole?: ReadonlyMap<string, Resource>;
}

/** An encoded envoy.service.discovery.v3.DeltaDiscoveryResponse and the nonce in it. */
export interface EncodedResponse {
  readonly nonce: string;
  readonly bytes: Buffer;
  /** The same bytes with the gRPC prefix before them, as they are sent. */
  readonly framed: Buffer;
}

interface Built {
  readonly response: EncodedResponse;
  /** The age in which it was last used. */
  readonly age: number;
}

const defaultBudget = 48 * 1024 * 1024;
const text = new TextEncoder();
const encodedTypeUrls = mapTypes((type) => text.encode(typeUrls[type]));

/**
 * Builds each response once: streams with the same content get the very same bytes. So the nonce counts the responses
 * built in this process, not those of a stream. A stream has at most one unanswered response per type, so a nonce is
 * never ambiguous on it (docs/decisions/0021).
 */
export class ResponseBytes {
  readonly #budget: number;
  /** Responses last used in earlier ages come first. */
  readonly #built = new Map<string, Built>();
  readonly #ids = new WeakMap<object, number>();
  #size = 0;
  #age = 0;
  #lastId = 0;
  #lastNonce = 0;

  /** `budget` bounds, in bytes, what is kept for streams that will need the same response. */
  constructor(budget: number = defaultBudget) {
    this.#budget = budget;
  }

  encode(content: ResponseContent): EncodedResponse {
    const key = this.#keyOf(content);
    const known = this.#built.get(key);
    if (known !== undefined) {
      if (known.age !== this.#age) {
        this.#built.delete(key);
        this.#built.set(key, { response: known.response, age: this.#age });
      }
      return known.response;
    }
    this.#lastNonce += 1;
    const nonce = String(this.#lastNonce);
    const framed = encodeResponse(content, nonce);
    const response = { nonce, bytes: framed.subarray(prefixBytes), framed };
    this.#keep(key, response);
    return response;
  }

  /** Begins a new age, and drops responses that were not used in the two ages before it. */
  tidy(): void {
    for (const [key, { response, age }] of this.#built) {
      if (age >= this.#age - 1) break;
      this.#forget(key, response);
    }
    this.#age += 1;
  }

  /**
   * Responses used in this age stay. Otherwise proxies of many services that connect in turn would displace each
   * other's responses, each just before it is needed again.
   */
  #keep(key: string, response: EncodedResponse): void {
    const size = costOf(key, response);
    for (const [oldest, { response: old, age }] of this.#built) {
      if (this.#size + size <= this.#budget || age === this.#age) break;
      this.#forget(oldest, old);
    }
    if (this.#size + size > this.#budget) return;
    this.#built.set(key, { response, age: this.#age });
    this.#size += size;
  }

  #forget(key: string, response: EncodedResponse): void {
    this.#built.delete(key);
    this.#size -= costOf(key, response);
  }

  #keyOf({ type, changed, removed, whole }: ResponseContent): string {
    if (whole !== undefined) return `${type}=${this.#idOf(whole)}`;
    const ids = changed.map((resource) => this.#idOf(resource)).join(',');
    return `${type}:${ids}:${removed.join('\0')}`;
  }

  #idOf(thing: object): number {
    const known = this.#ids.get(thing);
    if (known !== undefined) return known;
    this.#lastId += 1;
    this.#ids.set(thing, this.#lastId);
    return this.#lastId;
  }
}

function costOf(key: string, response: EncodedResponse): number {
  return key.length + response.bytes.length;
}

const field = { resources: 2, typeUrl: 4, nonce: 5, removed: 6 } as const;

/** Joins the encoded resources (`Resource.encoded`) into one DeltaDiscoveryResponse with the gRPC prefix. */
export function encodeResponse(content: ResponseContent, nonce: string): Buffer {
  const { changed, removed, type } = content;
  const typeUrl = encodedTypeUrls[type];
  const nonceBytes = text.encode(nonce);
  const names = removed.map((name) => text.encode(name));
  let size = framedSize(typeUrl.length) + framedSize(nonceBytes.length);
  for (const { encoded } of changed) size += framedSize(encoded.length);
  for (const name of names) size += framedSize(name.length);
  const frame = new Frame(size);
  for (const { encoded } of changed) frame.add(field.resources, encoded);
  frame.add(field.typeUrl, typeUrl);
  frame.add(field.nonce, nonceBytes);
  for (const name of names) frame.add(field.removed, name);
  return frame.bytes;
}

function framedSize(length: number): number {
  let size = 2 + length;
  for (let rest = length; rest > 127; rest >>>= 7) size += 1;
  return size;
}

/** A gRPC frame around a message of known size, filled field by field. */
class Frame {
  readonly bytes: Buffer;
  #at = prefixBytes;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(prefixBytes + size);
    // Not compressed; then the length.
    this.bytes[0] = 0;
    this.bytes.writeUInt32BE(size, 1);
  }

  add(number: number, bytes: Uint8Array): void {
    this.bytes[this.#at++] = (number << 3) | 2;
    let rest = bytes.length;
    for (; rest > 127; rest >>>= 7) this.bytes[this.#at++] = (rest & 127) | 128;
    this.bytes[this.#at++] = rest;
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}

function mapTypes<T>(make: (type: ResourceType) => T): Readonly<Record<ResourceType, T>> {
  return {
    cluster: make('cluster'),
    endpoint: make('endpoint'),
    secret: make('secret'),
    listener: make('listener'),
    extension: make('extension'),
    route: make('route'),
  };
}

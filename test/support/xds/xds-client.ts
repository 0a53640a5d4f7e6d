import { type MessageInitShape, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from '../../../src/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { type ResourceType, typeUrls } from '../../../src/xds/resources/resource.ts';
import { typeOf } from '../../../src/xds/delta/type-order.ts';

const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const asItIs = (bytes: Buffer): Buffer => bytes;

export interface XdsClientOptions {
  readonly address: string;
  readonly ca: string;
  readonly serverName: string;
  readonly token: string | undefined;
}

type RequestInit = MessageInitShape<typeof DeltaDiscoveryRequestSchema>;

/** A response, with the type by its short word. */
export interface Received {
  readonly type: ResourceType | undefined;
  readonly message: DeltaDiscoveryResponse;
  readonly names: readonly string[];
}

/**
 * A delta-ADS client that does only what it is told to: for tests of what a server answers. It
 * speaks through the generated messages, so it also checks the server's hand-made framing.
 */
export class XdsClient {
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<Buffer, Buffer>;
  readonly #received: Received[] = [];
  #status: StatusObject | undefined;
  #wake: () => void = () => undefined;

  constructor(options: XdsClientOptions) {
    this.#client = new Client(options.address, credentials.createSsl(Buffer.from(options.ca)), {
      'grpc.ssl_target_name_override': options.serverName,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
    });
    const metadata = new Metadata();
    if (options.token !== undefined) metadata.set('authorization', `Bearer ${options.token}`);
    this.#stream = this.#client.makeBidiStreamRequest(path, asItIs, asItIs, metadata);
    this.#stream.on('data', (bytes: Buffer) => {
      const message = fromBinary(DeltaDiscoveryResponseSchema, bytes);
      const names = message.resources.map(({ name }) => name);
      this.#received.push({ type: typeOf(message.typeUrl), message, names });
      this.#wake();
    });
    this.#stream.on('error', () => undefined);
    this.#stream.on('status', (status: StatusObject) => {
      this.#status = status;
      this.#wake();
    });
  }

  send(type: ResourceType, request: RequestInit = {}): void {
    const message = create(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls[type], ...request });
    this.sendBytes(toBinary(DeltaDiscoveryRequestSchema, message));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#stream.write(Buffer.from(bytes));
  }

  acknowledge({ type, message }: Received, error?: string): void {
    if (type === undefined) throw new Error(`cannot answer ${message.typeUrl}`);
    this.send(type, {
      responseNonce: message.nonce,
      ...(error === undefined ? {} : { errorDetail: { code: 13, message: error } }),
    });
  }

  /** Stops reading from the network, as a hung client does. */
  pause(): void {
    this.#stream.pause();
  }

  /** The next response in order; rejects when the stream ends or nothing comes in time. */
  async next(timeoutMs = 5_000): Promise<Received> {
    await this.#until(() => this.#received.length > 0, timeoutMs);
    const received = this.#received.shift();
    if (received === undefined) throw new Error(`stream ended: ${JSON.stringify(this.#status)}`);
    return received;
  }

  /** How the stream ended. */
  async ended(timeoutMs = 5_000): Promise<StatusObject> {
    await this.#until(() => false, timeoutMs);
    if (this.#status === undefined) throw new Error('the stream is open');
    return this.#status;
  }

  /** Responses that came and were not taken. */
  get unread(): readonly Received[] {
    return this.#received;
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }

  async #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!condition() && this.#status === undefined) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`nothing came in ${timeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type FilterChain,
  FilterChainSchema,
} from '../../../src/envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { ListenerSchema } from '../../../src/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { DeltaDiscoveryResponseSchema } from '../../../src/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { RecentTables } from '../../../src/xds/delta/recent-tables.ts';
import type { ResponseBytes } from '../../../src/xds/delta/response-bytes.ts';
import type { DeltaRequest } from '../../../src/xds/delta/request-bytes.ts';
import { Session } from '../../../src/xds/delta/session.ts';
import type { DeltaResponse } from '../../../src/xds/delta/step.ts';
import { pushOrder } from '../../../src/xds/delta/type-order.ts';
import type { ResourceSet, ResourceType } from '../../../src/xds/resources/resource.ts';
import { deltaRequest } from './delta-request.ts';

interface Pending {
  readonly type: ResourceType;
  readonly nonce: string;
  readonly apply: () => void;
}

/** A chain in force. Another content makes another one, and ends what the old one carries. */
export interface Instance {
  readonly name: string;
  readonly content: string;
  readonly marked: boolean;
}

/** A client that has inbound chains as Envoy has them, and applies a response when it answers it. */
export class ChainClient {
  /** Chains in force, by name. */
  chains: ReadonlyMap<string, Instance> = new Map();
  /** Versions of all that it holds, by type and name. */
  held = new Map<string, string>();
  /** Whether a chain with a mark was ever in force. */
  everMarked = false;
  /** The version of the route table that judges: Envoy acknowledges its removal and goes on with it. */
  table: string | undefined;
  session: Session;
  readonly #bytes: ResponseBytes;
  readonly #tables = new RecentTables();
  #pending: Pending[] = [];

  constructor(bytes: ResponseBytes, table: string) {
    this.#bytes = bytes;
    this.session = new Session(bytes, new WeakSet(), this.#tables);
    this.#greet(table);
  }

  /** A new stream to a server that offers `set`: to the same one, or to one that knows nothing. */
  reconnect(set: ResourceSet, table: string, tables = this.#tables): void {
    this.#pending = [];
    this.session = new Session(this.#bytes, new WeakSet(), tables);
    this.offer(set);
    this.#greet(table);
  }

  offer(set: ResourceSet): void {
    this.#take(this.session.offer(set));
  }

  answer(which: number): void {
    const pending = this.#pending[which % Math.max(this.#pending.length, 1)];
    if (pending === undefined) return;
    this.#pending = this.#pending.filter((one) => one !== pending);
    pending.apply();
    this.#send(pending.type, { nonce: pending.nonce });
  }

  answerAll(): void {
    for (let turn = 0; this.#pending.length > 0; turn += 1) {
      if (turn > 1_000) throw new Error('the server never ends');
      this.answer(0);
    }
  }

  /** Refuses what waits of that type. True if anything did. */
  refuse(type: ResourceType): boolean {
    const pending = this.#pending.find((one) => one.type === type);
    if (pending === undefined) return false;
    this.#pending = this.#pending.filter((one) => one !== pending);
    this.#send(type, { nonce: pending.nonce, error: 'no' });
    return true;
  }

  #greet(table: string): void {
    const names: Partial<Record<ResourceType, string[]>> = {
      secret: ['workload', 'ca:trust'],
      route: [table],
    };
    for (const type of pushOrder) {
      if (type === 'endpoint' || type === 'extension') continue;
      const held = [...this.held].filter(([key]) => key.startsWith(`${type} `));
      const initialVersions = new Map(
        held.map(([key, version]) => [key.slice(type.length + 1), version]),
      );
      this.#send(type, { subscribe: names[type] ?? [], initialVersions });
    }
  }

  #send(type: ResourceType, more: Partial<DeltaRequest>): void {
    const { responses } = this.session.receive(deltaRequest(type, more));
    this.#take(responses);
  }

  #take(responses: readonly DeltaResponse[]): void {
    for (const { type, nonce, bytes } of responses) {
      const { resources, removedResources } = fromBinary(DeltaDiscoveryResponseSchema, bytes);
      const apply = (): void => {
        for (const { name, version, resource } of resources) {
          this.held.set(`${type} ${name}`, version);
          if (type === 'route') this.table = version;
          if (type !== 'listener' || name !== 'inbound' || resource === undefined) continue;
          this.#setChains(fromBinary(ListenerSchema, resource.value).filterChains);
        }
        for (const name of removedResources) {
          this.held.delete(`${type} ${name}`);
          if (type === 'listener' && name === 'inbound') this.#setChains([]);
        }
      };
      this.#pending.push({ type, nonce, apply });
    }
  }

  #setChains(chains: readonly FilterChain[]): void {
    const instances = chains.map((chain): Instance => {
      const content = Buffer.from(toBinary(FilterChainSchema, chain)).toString('base64');
      const before = this.chains.get(chain.name);
      if (before?.content === content) return before;
      return { name: chain.name, content, marked: chain.metadata !== undefined };
    });
    this.chains = new Map(instances.map((instance) => [instance.name, instance]));
    this.everMarked ||= instances.some(({ marked }) => marked);
  }
}

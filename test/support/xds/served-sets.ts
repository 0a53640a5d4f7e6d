import { createXdsServer, type XdsServer } from '../../../src/xds/server/xds-server.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import { makeOrigin, makeResource, makeSet } from '../resources/resource-sets.ts';
import {
  makeAuthority,
  ReplaceableCredentials,
  type TestAuthority,
} from '../certificates/server-authority.ts';
import { XdsClient } from './xds-client.ts';
import { until } from '../time/until.ts';
import { authenticateByName } from './authenticate-by-name.ts';

export const serverName = 'weft-controller.weft-system.svc';
export const serverId = 'spiffe://cluster.local/weft/control-plane/weft-system';
const reader = 'weft-system/weft-controller' as IdentityKey;
/** The token of a replica of the control plane. */
export const replica = 'weft-system/weft-controller-1~weft-system/weft-controller';
/** When tokens end. */
export const farOff = Date.now() + 3_600_000;

export const cartTarget = makeOrigin('cart');
export const set = makeSet(
  makeResource('cluster', 'shop/cart|80', { origins: [cartTarget] }),
  makeResource('endpoint', 'shop/cart|80'),
  makeResource('listener', 'outbound/shop/cart/80', { origins: [cartTarget] }),
  makeResource('route', 'shop/cart/80'),
);

/** An xDS server on loopback, and clients that end with it. */
export class XdsRig {
  readonly authority: TestAuthority;
  readonly credentials: ReplaceableCredentials;
  readonly #clients: XdsClient[] = [];
  #running: Running;

  private constructor(
    authority: TestAuthority,
    credentials: ReplaceableCredentials,
    running: Running,
  ) {
    this.authority = authority;
    this.credentials = credentials;
    this.#running = running;
  }

  static async start(): Promise<XdsRig> {
    const authority = await makeAuthority();
    const credentials = new ReplaceableCredentials(await authority.issue(serverName, serverId));
    return new XdsRig(authority, credentials, await listen(credentials, {}));
  }

  get server(): XdsServer {
    return this.#running.server;
  }

  get replicaAddress(): string {
    return this.#running.replicaAddress;
  }

  /** Another server, with these options, in place of the server before. */
  async restart(more: object): Promise<void> {
    await this.stopServer();
    this.#running = await listen(this.credentials, more);
  }

  async stopServer(): Promise<void> {
    await this.#running.stop();
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.stopServer();
  }

  get address(): string {
    return this.#running.address;
  }

  connect(token: string | null = 'shop/cart-1~shop/cart', ca = this.authority.ca): XdsClient {
    const { address } = this.#running;
    const client = new XdsClient({ address, ca, serverName, token: token ?? undefined });
    this.#clients.push(client);
    return client;
  }

  async syncEverything(client: XdsClient): Promise<void> {
    client.send('cluster');
    const clusters = await client.next();
    client.send('endpoint', { resourceNamesSubscribe: [...clusters.names] });
    client.acknowledge(await client.next());
    client.acknowledge(clusters);
    client.send('listener');
    client.acknowledge(await client.next());
    client.send('route', { resourceNamesSubscribe: ['shop/cart/80'] });
    client.acknowledge(await client.next());
    await until(() => this.server.evidence().synced > 0);
  }
}

interface Running {
  readonly server: XdsServer;
  readonly address: string;
  readonly replicaAddress: string;
  readonly stop: () => Promise<void>;
}

async function listen(credentials: ReplaceableCredentials, more: object): Promise<Running> {
  const stopping = new AbortController();
  const server = createXdsServer({
    authenticate: async (token) => ({ ...(await authenticateByName(token)), expires: farOff }),
    credentials,
    replicas: reader,
    clock: systemClock,
    logger: silentLogger,
    ...more,
  });
  const { port, closed } = await server.listen('127.0.0.1:0', stopping.signal);
  const forReplicas = await server.listenToReplicas('127.0.0.1:0', stopping.signal);
  return {
    server,
    address: `127.0.0.1:${port}`,
    replicaAddress: `127.0.0.1:${forReplicas.port}`,
    stop: async () => {
      stopping.abort();
      await Promise.all([closed, forReplicas.closed]);
    },
  };
}

import { WeftError } from '../../../src/common/errors.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import type { Resource } from '../../../src/xds/resources/resource.ts';
import { noMetrics, type StreamEnd } from '../../../src/xds/port/metrics.ts';
import type { RefusedHandshake } from '../../../src/xds/port/refused-handshakes.ts';
import { createXdsServer, type XdsServer } from '../../../src/xds/server/xds-server.ts';
import { freePort } from '../../../tools/base/probe.ts';
import { makeOrigin, makeSet } from '../resources/resource-sets.ts';
import {
  makeAuthority,
  ReplaceableCredentials,
  type TestAuthority,
} from '../certificates/server-authority.ts';
import { EnvoyProcess } from './envoy-process.ts';
import { clusterOf, endpointsOf, listenerOf, routeOf, trustOf } from '../resources/small-mesh.ts';

export const serverName = 'weft-controller.weft-system.svc';
export const hourMs = 3_600_000;

interface Running {
  readonly refused: RefusedHandshake[];
  readonly server: XdsServer;
  readonly port: number;
  /** Responses sent so far, by type, in order. */
  readonly sent: string[];
  /** Why streams ended so far, in order. */
  readonly ended: StreamEnd[];
  readonly stop: () => Promise<void>;
}

/** An xDS server and a real Envoy that follows it. */
export class EnvoyRig {
  readonly authority: TestAuthority;
  readonly credentials: ReplaceableCredentials;
  /** Where Envoy's listener is to be. */
  readonly listenerPort: number;
  /** When each token ends. */
  readonly tokens: Map<string, number>;
  readonly envoy: EnvoyProcess;
  #running: Running;

  private constructor(
    parts: Pick<EnvoyRig, 'authority' | 'credentials' | 'listenerPort' | 'tokens' | 'envoy'>,
    running: Running,
  ) {
    this.authority = parts.authority;
    this.credentials = parts.credentials;
    this.listenerPort = parts.listenerPort;
    this.tokens = parts.tokens;
    this.envoy = parts.envoy;
    this.#running = running;
  }

  static async start(): Promise<EnvoyRig> {
    const authority = await makeAuthority();
    const credentials = new ReplaceableCredentials(await authority.issue(serverName));
    const tokens = new Map([['first', Date.now() + hourMs]]);
    const running = await serve(0, { credentials, tokens });
    const listenerPort = await freePort();
    const envoy = await follow(running.port, authority.ca);
    return new EnvoyRig({ authority, credentials, listenerPort, tokens, envoy }, running);
  }

  get running(): Running {
    return this.#running;
  }

  /** Another Envoy that follows the server. */
  another(): Promise<EnvoyProcess> {
    return follow(this.running.port, this.authority.ca);
  }

  /** Another server in the place of the server that stopped. */
  async serveAgain(): Promise<void> {
    this.#running = await serve(this.running.port, this);
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.running.stop();
  }

  publish(...resources: readonly Resource[]): void {
    const set = makeSet(...resources);
    this.running.server.publish(() => set);
  }

  readonly synced = (): boolean => this.running.server.evidence().synced === 1;

  async answer(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.listenerPort}/`);
    return response.text();
  }

  serving(body: string): () => Promise<boolean> {
    return async () => (await this.answer()) === body;
  }

  /** One listener that answers "hello", and a cluster with everything that a mesh's cluster has. */
  hello(): Resource[] {
    return [
      clusterOf('shop/cart|80', { trust: 'ca:trust' }),
      endpointsOf('shop/cart|80', 1),
      trustOf('ca:trust', this.authority.ca),
      listenerOf('outbound/shop/cart/80', {
        port: this.listenerPort,
        route: 'shop/cart/80',
        origins: [makeOrigin('cart')],
      }),
      routeOf('shop/cart/80', { body: 'hello' }, [makeOrigin('cart')]),
    ];
  }
}

function follow(port: number, ca: string): Promise<EnvoyProcess> {
  return EnvoyProcess.start({ port, serverName, ca, token: 'first' });
}

async function serve(
  onPort: number,
  { credentials, tokens }: Pick<EnvoyRig, 'credentials' | 'tokens'>,
): Promise<Running> {
  const stopping = new AbortController();
  const sent: string[] = [];
  const ended: StreamEnd[] = [];
  const refused: RefusedHandshake[] = [];
  const server = createXdsServer({
    authenticate: (token) => {
      const expires = tokens.get(token);
      if (expires === undefined || expires < Date.now())
        return Promise.reject(new WeftError('not-authenticated', 'no such token'));
      const account = 'shop/cart' as IdentityKey;
      return Promise.resolve({ pod: 'shop/cart-1', uid: 'uid-1', account, expires });
    },
    credentials,
    replicas: 'weft-system/weft-controller' as IdentityKey,
    clock: systemClock,
    logger: silentLogger,
    metrics: {
      ...noMetrics,
      response: (type) => sent.push(type),
      streamEnded: (reason) => ended.push(reason),
    },
    onRefused: (handshake) => refused.push(handshake),
    limits: { tokenGraceMs: 500 },
  });
  const { port, closed } = await server.listen(`127.0.0.1:${onPort}`, stopping.signal);
  return {
    server,
    port,
    refused,
    sent,
    ended,
    stop: () => {
      stopping.abort();
      return closed;
    },
  };
}

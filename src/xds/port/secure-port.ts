import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import { WeftError } from '../../common/errors.ts';
import { InTurns } from './in-turns.ts';
import { patientNow } from '../../connections/patient-clock.ts';
import { awaitHello } from '../../connections/await-hello.ts';
import type { CutReason, GatedConnection, PeerSocket } from './gated-connection.ts';
import { ConnectionGate } from './connection-gate.ts';
import type { GateLimits } from './gate-limits.ts';
import { ReadBytes } from './read-bytes.ts';
import type { ReloadingCredentials } from './server-credentials.ts';

export interface SecurePortOptions {
  readonly server: Server;
  readonly credentials: ReloadingCredentials;
  readonly limits: GateLimits;
  readonly tcpKeepaliveMs: number;
  readonly onCut: (reason: CutReason, socket: Pick<GatedConnection, 'socket' | 'uid'>) => void;
}

/** A call, as far as its connection is concerned. */
type Peer = { getPeer(): string };

/** Connections that the kernel queues until they are taken. Beyond that it lets the next one wait for seconds. */
const backlog = 4_096;
const pollIntervalMs = 200;
const idlePollIntervalMs = 500;
const weighMs = 25;
const readsPerTurn = 2;

/**
 * The port of a gRPC server. This class holds each connection until TLS may begin on it, because grpc-js takes any
 * number of connections and keeps each for as long as its client likes.
 */
export class SecurePort {
  readonly #net: NetServer;
  readonly #injector: ReturnType<Server['createConnectionInjector']>;
  readonly #options: SecurePortOptions;
  readonly #gate: ConnectionGate;
  readonly #connections = new Map<string, GatedConnection>();
  readonly #sockets = new Set<Socket>();
  readonly #readings = new InTurns(readsPerTurn);
  readonly #read = new ReadBytes();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SecurePortOptions) {
    const { server, credentials, limits, onCut, tcpKeepaliveMs } = options;
    this.#options = options;
    this.#injector = server.createConnectionInjector(credentials);
    this.#gate = new ConnectionGate({
      limits,
      onCut,
      now: patientNow,
      elapsed: () => performance.now(),
      later: setImmediate,
      soon: (weigh) => setTimeout(weigh, weighMs).unref(),
    });
    this.#net = createServer(
      {
        highWaterMark: limits.maxHelloBytes,
        noDelay: true,
        pauseOnConnect: true,
        keepAlive: true,
        keepAliveInitialDelay: tcpKeepaliveMs,
      },
      (socket) => this.#take(socket),
    );
  }

  /** Serves on `<host>:<port>` (port 0: any); resolves with the port. Rejects with WeftError. */
  listen(address: string): Promise<number> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    return new Promise((resolve, reject) => {
      this.#net.once('error', (cause) =>
        reject(new WeftError('internal', 'cannot listen', { cause, retry: 'soon' })),
      );
      this.#net.listen({ host, port: Number(address.slice(colon + 1)), backlog }, () => {
        const bound = this.#net.address();
        resolve(typeof bound === 'object' ? (bound?.port ?? 0) : 0);
      });
    });
  }

  /** The connection that a call came on; undefined when it is closed already. */
  connectionOf(call: Peer): GatedConnection | undefined {
    return this.#connections.get(call.getPeer());
  }

  /** A call begins on the connection of that peer. Returns false when it is one too many: the connection is cut. */
  called(peer: string): boolean {
    const connection = this.#connections.get(peer);
    return connection !== undefined && this.#gate.called(connection);
  }

  get gate(): ConnectionGate {
    return this.#gate;
  }

  /** Sends GOAWAY on every connection, and closes those that are still open after the grace period. */
  drain(graceMs: number): void {
    this.#injector.drain(graceMs);
  }

  /** Accepts no more connections. */
  close(): void {
    clearTimeout(this.#timer);
    this.#net.close();
  }

  /** Cuts the remaining connections. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #look(): void {
    this.#gate.look();
    if (this.#read.isDue()) this.#gate.weighAll();
    this.#timer = undefined;
    if (this.#gate.size > 0) this.#lookAgain();
  }

  #lookAgain(): void {
    const wait = this.#gate.isTimed ? pollIntervalMs : idlePollIntervalMs;
    this.#timer ??= setTimeout(() => this.#look(), wait).unref();
  }

  #take(socket: Socket): void {
    const { remoteAddress: address, remotePort } = socket;
    if (address === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    socket.on('error', () => undefined);
    const seen: PeerSocket = {
      address,
      get bytesRead() {
        return socket.bytesRead;
      },
      startTls: () => this.#injector.injectConnection(socket),
      cut: () => socket.resetAndDestroy(),
    };
    const connection = this.#gate.arrive(seen);
    if (connection === undefined) return;
    const peer = `${address}:${remotePort}`;
    this.#connections.set(peer, connection);
    this.#sockets.add(socket);
    this.#lookAgain();
    socket.once('close', () => {
      this.#gate.gone(connection);
      this.#sockets.delete(socket);
      if (this.#connections.get(peer) === connection) this.#connections.delete(peer);
    });
    this.#readings.add(() => this.#awaitHello(socket, connection));
  }

  #awaitHello(socket: Socket, connection: GatedConnection): void {
    if (socket.destroyed) return;
    awaitHello(socket, this.#options.limits.maxHelloBytes, {
      whole: () => this.#gate.handshakeDone(connection),
      none: () => this.#gate.cut(connection, 'not-tls'),
    });
  }
}

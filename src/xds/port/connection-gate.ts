import { ConnectionBook, first, type AddressEntry } from './connection-book.ts';
import { networkOf } from '../../common/network-of.ts';
import {
  GatedConnection,
  type PeerSocket,
  type Stage,
  type CutReason,
} from './gated-connection.ts';
import { AdmittedConnections } from './admitted-connections.ts';
import { aroundBytes } from './gate-limits.ts';
import type { ConnectionGateOptions } from './gate-options.ts';
import { Penalties } from '../../common/penalties.ts';

/**
 * Decides which connections may proceed to TLS and to a call, before a client is authenticated. Places are few and
 * short. Networks take turns for them, and slow connections lose their place to waiting ones. So a network that opens
 * as many connections as it can harms only itself. Admitted connections are limited by their bytes
 * (docs/decisions/0071, docs/decisions/0121).
 */
export class ConnectionGate {
  readonly #options: ConnectionGateOptions;
  readonly #book = new ConnectionBook();
  readonly #inside: AdmittedConnections;
  readonly #idle = new Set<GatedConnection>();
  /** Networks that held a place while others waited for it, without an admitted call. */
  readonly #slow: Penalties;
  #turning = false;
  #weighing = false;

  constructor(options: ConnectionGateOptions) {
    this.#options = options;
    this.#inside = new AdmittedConnections(options.limits);
    this.#slow = new Penalties(options.limits.slowMs, options.now);
  }

  /** How many connections there are. */
  get size(): number {
    return this.#book.count + this.#inside.size + this.#idle.size;
  }

  /** Whether there are connections whose time is limited. */
  get isTimed(): boolean {
    return this.#book.count + this.#idle.size > 0;
  }

  /** A connection was opened. Returns undefined, and cuts it, when there is no place for it. */
  arrive(socket: PeerSocket): GatedConnection | undefined {
    const { limits, now, onCut } = this.#options;
    if (!this.#makeRoomFor(networkOf(socket.address))) {
      onCut('too-many', { socket, uid: undefined });
      socket.cut();
      return undefined;
    }
    const at = now();
    const connection = new GatedConnection(socket, at, at + limits.helloMs);
    this.#book.add('silent', connection);
    return connection;
  }

  /** Its first message is whole: its TLS begins at its turn. */
  handshakeDone(connection: GatedConnection): void {
    if (connection.stage !== 'silent') return;
    this.#move(connection, 'queued');
    this.#kick();
  }

  /** A call on it begins. Returns false, and cuts it, when too many began since the last admitted call. */
  called(connection: GatedConnection): boolean {
    connection.unadmitted += 1;
    if (connection.unadmitted <= this.#options.limits.maxCallsUnadmitted)
      return connection.stage !== 'gone';
    this.cut(connection, 'too-many-calls');
    return false;
  }

  /** The token of a call on it is being checked, until the call is admitted or refused. */
  asks(connection: GatedConnection): void {
    connection.asking += 1;
  }

  /** A whole message of that many bytes arrived on it. */
  messageEnded(connection: GatedConnection, bytes: number): void {
    if (connection.finished(bytes + aroundBytes.message)) this.#settle(connection);
  }

  /** A call on it was admitted. */
  admitted(connection: GatedConnection): void {
    connection.asking -= 1;
    if (connection.stage === 'gone') return;
    connection.calls += 1;
    connection.unadmitted = 0;
    if (connection.stage === 'inside') return;
    this.#move(connection, 'inside');
    this.#kick();
  }

  /** A call on it was refused. The client gets the reason; the connection is cut unless another call is admitted. */
  refused(connection: GatedConnection): void {
    connection.asking -= 1;
    if (connection.stage === 'inside' || connection.stage === 'gone') return;
    connection.deadline = Math.min(
      connection.deadline,
      this.#options.now() + this.#options.limits.refusedMs,
    );
  }

  /** An admitted call on it is over. The pod's next call is expected here, unless it is `elsewhere`. */
  ended(connection: GatedConnection, elsewhere: boolean): void {
    connection.calls -= 1;
    if (connection.stage !== 'inside' || connection.calls > 0) return;
    const { limits, now } = this.#options;
    connection.finished(aroundBytes.call);
    if (this.#settle(connection)) return;
    this.#move(connection, 'idle');
    connection.deadline = now() + (elsewhere ? limits.refusedMs : limits.idleMs);
    const longest = first(this.#idle);
    if (this.#idle.size > limits.maxIdle && longest !== undefined) this.cut(longest, 'idle');
  }

  /** The connection is closed, for whatever reason. */
  gone(connection: GatedConnection): void {
    this.#move(connection, 'gone');
    this.#kick();
  }

  cut(connection: GatedConnection, reason: CutReason): void {
    if (connection.stage === 'gone') return;
    this.#move(connection, 'gone');
    this.#options.onCut(reason, connection);
    connection.socket.cut();
  }

  /** Checks the deadlines of all connections that have one. Call it a few times a second while there are any. */
  look(): void {
    if (!this.isTimed) return;
    const now = this.#options.now();
    for (const entry of this.#book.entries()) this.#lookAt(entry, now);
    for (const connection of this.#idle)
      if (now > connection.deadline) this.cut(connection, 'idle');
    this.#giveWay(now);
    this.#kick();
  }

  /** Checks the bytes of all admitted connections. Call it a few times a second while bytes arrive. */
  weighAll(): void {
    this.#weigh('all');
    this.#watch();
  }

  /** Checks the bytes of new and heavy connections more often than those of others. */
  #watch(): void {
    if (
      this.#weighing ||
      this.#inside.watched + this.#idle.size + this.#book.size('entering') === 0
    )
      return;
    this.#weighing = true;
    this.#options.soon(() => {
      this.#weighing = false;
      for (const { entering } of this.#book.entries()) this.#weighOutside(entering);
      this.#weighOutside(this.#idle);
      this.#giveWay(this.#options.now());
      this.#kick();
      this.#weigh('watched');
      this.#watch();
    });
  }

  /** Cuts a connection that sends many bytes that are no message and no call, such as pings. */
  #settle(connection: GatedConnection): boolean {
    const { limits, elapsed } = this.#options;
    const waste = connection.settle(elapsed, limits.wastePerSecond);
    if (waste <= limits.maxWaste) return false;
    this.cut(connection, 'too-many-bytes');
    return true;
  }

  #weigh(which: 'watched' | 'all'): void {
    for (const connection of this.#inside.weigh(which, this.#options.now))
      this.cut(connection, 'too-many-bytes');
  }

  /** Connections without an admitted call should send only a call. */
  #weighOutside(connections: Iterable<GatedConnection>): void {
    for (const connection of connections)
      if (connection.unfinished > this.#options.limits.maxEntryBytes)
        this.cut(connection, 'too-many-bytes');
  }

  #lookAt({ silent, queued, entering }: AddressEntry, now: number): void {
    const { maxHelloBytes } = this.#options.limits;
    for (const connection of silent) if (now > connection.deadline) this.cut(connection, 'slow');
    for (const connection of queued) {
      if (connection.socket.bytesRead > maxHelloBytes) this.cut(connection, 'too-many-bytes');
      else if (now > connection.deadline) this.cut(connection, 'slow');
    }
    for (const connection of entering) if (now > connection.deadline) this.cut(connection, 'slow');
  }

  /** Cuts connections that have been entering for long when others wait for the place. */
  #giveWay(now: number): void {
    const { maxEntering, maxEnteringPerAddress } = this.#options.limits;
    if (this.#book.size('queued') === 0) return;
    if (this.#book.size('entering') >= maxEntering)
      this.#cutSlow(this.#book.entering(), this.#book.size('queued'), now);
    for (const { queued, entering } of this.#book.entries())
      if (queued.size > 0 && entering.size >= maxEnteringPerAddress)
        this.#cutSlow(entering, queued.size, now);
  }

  /** A connection without a call being checked has less time, and still less while a network waits that is not slow. */
  #cutSlow(entering: Iterable<GatedConnection>, most: number, now: number): void {
    const { yieldMs, silentYieldMs, shortYieldMs } = this.#options.limits;
    const silentMs = this.#newWait() ? shortYieldMs : silentYieldMs;
    let left = most;
    for (const connection of entering) {
      if (left === 0) return;
      if (now - connection.since < (connection.asking > 0 ? yieldMs : silentMs)) continue;
      this.cut(connection, 'slow');
      left -= 1;
    }
  }

  /** Whether a network waits that is not slow. */
  #newWait(): boolean {
    for (const [network, { queued }] of this.#book.byNetwork())
      if (queued.size > 0 && !this.#slow.has(network)) return true;
    return false;
  }

  #makeRoomFor(network: string): boolean {
    const { maxWaiting, maxWaitingPerAddress } = this.#options.limits;
    const own = this.#book.get(network);
    const waiting = (entry: AddressEntry): number => entry.silent.size + entry.queued.size;
    if (own !== undefined && waiting(own) >= maxWaitingPerAddress) return this.#drop(own);
    if (this.#book.size('silent') + this.#book.size('queued') < maxWaiting) return true;
    const greedy = this.#book.greediest(waiting);
    return greedy !== undefined && greedy !== own && this.#drop(greedy, true);
  }

  /** Drops connections without a whole first message first. */
  #drop({ silent, queued }: AddressEntry, also = false): boolean {
    const connection = first(silent) ?? (also ? first(queued) : undefined);
    if (connection !== undefined) this.cut(connection, 'too-many');
    return connection !== undefined;
  }

  #kick(): void {
    if (this.#turning || this.#book.size('queued') === 0) return;
    this.#turning = true;
    this.#options.later(() => this.#turn());
  }

  #turn(): void {
    this.#turning = false;
    const { startsPerTurn, maxEntering, maxEnteringPerAddress } = this.#options.limits;
    for (let count = 0; count < startsPerTurn; count += 1) {
      if (this.#book.size('entering') >= maxEntering) return;
      const connection = this.#book.next(maxEnteringPerAddress, (network) =>
        this.#slow.has(network),
      );
      if (connection === undefined) return;
      this.#move(connection, 'entering');
      connection.deadline = connection.since + this.#options.limits.entryMs;
      connection.socket.startTls();
    }
    this.#kick();
  }

  #leave(connection: GatedConnection, from: Stage): void {
    connection.leave(this.#options.now());
    if (from === 'entering' && this.#book.size('queued') > 0) this.#slow.add(connection.network);
  }

  #move(connection: GatedConnection, stage: Stage): void {
    const { stage: before } = connection;
    if (before === 'gone') return;
    if (before === 'inside') this.#inside.delete(connection);
    else if (before === 'idle') this.#idle.delete(connection);
    else this.#book.delete(before, connection);
    connection.stage = stage;
    if (stage === 'gone') this.#leave(connection, before);
    connection.since = this.#options.now();
    if (stage === 'inside') this.#inside.add(connection);
    else if (stage === 'idle') this.#idle.add(connection);
    else if (stage !== 'gone') this.#book.add(stage, connection);
    this.#watch();
  }
}

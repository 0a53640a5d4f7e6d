import { ConnectionBook, first, type AddressEntry } from './connection-book.ts';
import { networkOf } from '../../common/network-of.ts';
import { Guest, type CutReason, type Stage, type Visitor } from './guest.ts';
import { Insiders } from './insiders.ts';
import { aroundBytes, type LobbyLimits } from './lobby-limits.ts';
import { Penalties } from '../../common/penalties.ts';

export interface LobbyOptions {
  readonly limits: LobbyLimits;
  /** Milliseconds, of a clock that never steps. */
  readonly now: () => number;
  /** The same from a clock that costs little to read, because it may be read for each message. */
  readonly elapsed: () => number;
  /** Calls back after other work had its turn. */
  readonly later: (turn: () => void) => void;
  /** Calls back within about 25 ms: a fast network brings megabytes in that time. */
  readonly soon: (weigh: () => void) => void;
  readonly onCut: (reason: CutReason, visitor: Pick<Guest, 'visitor' | 'uid'>) => void;
}

/**
 * Decides which connections may go on, before anything they claim is trusted. Places are few and held for a short time.
 * Addresses take turns for them, and slow connections give way to waiting ones. So an address that opens as many
 * connections as it can harms only itself. Connections inside are limited by their bytes
 * (docs/decisions/0071, docs/decisions/0121).
 */
export class Lobby {
  readonly #options: LobbyOptions;
  readonly #book = new ConnectionBook();
  readonly #inside: Insiders;
  readonly #idle = new Set<Guest>();
  /** Addresses that held a place while others waited for it, without an admitted call. */
  readonly #slow: Penalties;
  #turning = false;
  #weighing = false;

  constructor(options: LobbyOptions) {
    this.#options = options;
    this.#inside = new Insiders(options.limits);
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
  arrive(visitor: Visitor): Guest | undefined {
    const { limits, now, onCut } = this.#options;
    if (!this.#makeRoomFor(networkOf(visitor.address))) {
      onCut('too-many', { visitor, uid: undefined });
      visitor.cut();
      return undefined;
    }
    const at = now();
    const guest = new Guest(visitor, at, at + limits.helloMs);
    this.#book.add('silent', guest);
    return guest;
  }

  /** Its first message is whole: its TLS begins at its turn. */
  handshakeDone(guest: Guest): void {
    if (guest.stage !== 'silent') return;
    this.#move(guest, 'queued');
    this.#kick();
  }

  /** A call on it begins. Returns false, and cuts it, when too many began since the last admitted call. */
  called(guest: Guest): boolean {
    guest.unadmitted += 1;
    if (guest.unadmitted <= this.#options.limits.maxCallsUnadmitted) return guest.stage !== 'gone';
    this.cut(guest, 'too-many-calls');
    return false;
  }

  /** The token of a call on it is being checked, until the call is admitted or refused. */
  asks(guest: Guest): void {
    guest.asking += 1;
  }

  /** A whole message of that many bytes arrived on it. */
  messageEnded(guest: Guest, bytes: number): void {
    if (guest.finished(bytes + aroundBytes.message)) this.#settle(guest);
  }

  /** A call on it was admitted. */
  admitted(guest: Guest): void {
    guest.asking -= 1;
    if (guest.stage === 'gone') return;
    guest.calls += 1;
    guest.unadmitted = 0;
    if (guest.stage === 'inside') return;
    this.#move(guest, 'inside');
    this.#kick();
  }

  /** A call on it was not admitted. The client is told why; the connection is cut unless another call is admitted. */
  refused(guest: Guest): void {
    guest.asking -= 1;
    if (guest.stage === 'inside' || guest.stage === 'gone') return;
    guest.deadline = Math.min(guest.deadline, this.#options.now() + this.#options.limits.refusedMs);
  }

  /** An admitted call on it is over. The pod's next call is expected here, unless it is `elsewhere`. */
  ended(guest: Guest, elsewhere: boolean): void {
    guest.calls -= 1;
    if (guest.stage !== 'inside' || guest.calls > 0) return;
    const { limits, now } = this.#options;
    guest.finished(aroundBytes.call);
    if (this.#settle(guest)) return;
    this.#move(guest, 'idle');
    guest.deadline = now() + (elsewhere ? limits.refusedMs : limits.idleMs);
    const longest = first(this.#idle);
    if (this.#idle.size > limits.maxIdle && longest !== undefined) this.cut(longest, 'idle');
  }

  /** The connection is closed, for whatever reason. */
  gone(guest: Guest): void {
    this.#move(guest, 'gone');
    this.#kick();
  }

  cut(guest: Guest, reason: CutReason): void {
    if (guest.stage === 'gone') return;
    this.#move(guest, 'gone');
    this.#options.onCut(reason, guest);
    guest.visitor.cut();
  }

  /** Checks the deadlines of all connections that have one. Call it a few times a second while there are any. */
  look(): void {
    if (!this.isTimed) return;
    const now = this.#options.now();
    for (const entry of this.#book.entries()) this.#lookAt(entry, now);
    for (const guest of this.#idle) if (now > guest.deadline) this.cut(guest, 'idle');
    this.#giveWay(now);
    this.#kick();
  }

  /** Checks the bytes of all connections inside. Call it a few times a second while bytes arrive. */
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
  #settle(guest: Guest): boolean {
    const { limits, elapsed } = this.#options;
    const waste = guest.settle(elapsed, limits.wastePerSecond);
    if (waste <= limits.maxWaste) return false;
    this.cut(guest, 'too-many-bytes');
    return true;
  }

  #weigh(whom: 'watched' | 'all'): void {
    for (const guest of this.#inside.weigh(whom, this.#options.now))
      this.cut(guest, 'too-many-bytes');
  }

  /** Connections without an admitted call have nothing to send but a call. */
  #weighOutside(guests: Iterable<Guest>): void {
    for (const guest of guests)
      if (guest.unfinished > this.#options.limits.maxEntryBytes) this.cut(guest, 'too-many-bytes');
  }

  #lookAt({ silent, queued, entering }: AddressEntry, now: number): void {
    const { maxHelloBytes } = this.#options.limits;
    for (const guest of silent) if (now > guest.deadline) this.cut(guest, 'slow');
    for (const guest of queued) {
      if (guest.visitor.bytesRead > maxHelloBytes) this.cut(guest, 'too-many-bytes');
      else if (now > guest.deadline) this.cut(guest, 'slow');
    }
    for (const guest of entering) if (now > guest.deadline) this.cut(guest, 'slow');
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
  #cutSlow(entering: Iterable<Guest>, most: number, now: number): void {
    const { yieldMs, silentYieldMs, shortYieldMs } = this.#options.limits;
    const silentMs = this.#newWait() ? shortYieldMs : silentYieldMs;
    let left = most;
    for (const guest of entering) {
      if (left === 0) return;
      if (now - guest.since < (guest.asking > 0 ? yieldMs : silentMs)) continue;
      this.cut(guest, 'slow');
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
    const own = this.#book.of(network);
    const waiting = (entry: AddressEntry): number => entry.silent.size + entry.queued.size;
    if (own !== undefined && waiting(own) >= maxWaitingPerAddress) return this.#drop(own);
    if (this.#book.size('silent') + this.#book.size('queued') < maxWaiting) return true;
    const greedy = this.#book.greediest(waiting);
    return greedy !== undefined && greedy !== own && this.#drop(greedy, true);
  }

  /** Drops connections without a whole first message first. */
  #drop({ silent, queued }: AddressEntry, also = false): boolean {
    const guest = first(silent) ?? (also ? first(queued) : undefined);
    if (guest !== undefined) this.cut(guest, 'too-many');
    return guest !== undefined;
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
      const guest = this.#book.next(maxEnteringPerAddress, (network) => this.#slow.has(network));
      if (guest === undefined) return;
      this.#move(guest, 'entering');
      guest.deadline = guest.since + this.#options.limits.entryMs;
      guest.visitor.enter();
    }
    this.#kick();
  }

  #leave(guest: Guest, from: Stage): void {
    guest.leave(this.#options.now());
    if (from === 'entering' && this.#book.size('queued') > 0) this.#slow.add(guest.network);
  }

  #move(guest: Guest, stage: Stage): void {
    const { stage: before } = guest;
    if (before === 'gone') return;
    if (before === 'inside') this.#inside.delete(guest);
    else if (before === 'idle') this.#idle.delete(guest);
    else this.#book.delete(before, guest);
    guest.stage = stage;
    if (stage === 'gone') this.#leave(guest, before);
    guest.since = this.#options.now();
    if (stage === 'inside') this.#inside.add(guest);
    else if (stage === 'idle') this.#idle.add(guest);
    else if (stage !== 'gone') this.#book.add(stage, guest);
    this.#watch();
  }
}

import type { Socket } from 'node:net';

/** How long a connection may take to send its ClientHello. */
const helloMs = 5_000;
const pollIntervalMs = 500;

/** Connections that have not sent their ClientHello, in order of arrival, at about 4 KB each. */
export class SilentConnections {
  readonly #most: number;
  readonly #isOpen: () => boolean;
  /** Each with the time at which it came. */
  readonly #all = new Map<Socket, number>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * Keeps at most `most` connections. Beyond that it closes the oldest, because an honest client is here for a moment
   * only. Closes all of them once `isOpen` returns false.
   */
  constructor(most: number, isOpen: () => boolean) {
    this.#most = most;
    this.#isOpen = isOpen;
  }

  add(socket: Socket): void {
    this.#all.set(socket, performance.now());
    socket.once('close', () => this.delete(socket));
    const [oldest] = this.#all.keys();
    if (this.#all.size > this.#most) oldest?.destroy();
    this.#timer ??= setInterval(() => this.#closeExpired(), pollIntervalMs);
  }

  delete(socket: Socket): void {
    this.#all.delete(socket);
    if (this.#all.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #closeExpired(): void {
    const now = performance.now();
    const isOpen = this.#isOpen();
    for (const [socket, since] of [...this.#all])
      if (!isOpen || now - since > helloMs) socket.destroy();
  }
}

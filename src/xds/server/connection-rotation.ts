import { status } from '@grpc/grpc-js';
import { type AdsOptions, end } from './ads.ts';
import type { Closing } from '../port/closing.ts';

/** Milliseconds after which a connection is closed, whatever its client does. */
const graceMs = 15_000;
const tickMs = 100;
/** Ticks within which all streams are closed, unless there are very few. */
const ticks = 50;

/**
 * Moves every client to a connection that was made on a certificate of the server's newest root (docs/decisions/0060).
 * A client that comes back has proved that it trusts that root.
 */
export class ConnectionRotation {
  readonly #options: () => AdsOptions;
  readonly #drains = new Set<(graceMs: number) => void>();
  #isOpen = false;
  #root: string | undefined;
  #step = 0;
  #timer: NodeJS.Timeout | undefined;
  #isPending = false;

  constructor(options: () => AdsOptions) {
    this.#options = options;
  }

  /**
   * Adds a callback that sends GOAWAY on every open connection of a port; streams stay open for the grace period.
   * Returns a function that removes the callback.
   */
  attach(drain: (graceMs: number) => void): () => void {
    this.#drains.add(drain);
    return () => this.#drains.delete(drain);
  }

  /** Proxies are served from now on. */
  begin(): void {
    this.#isOpen = true;
    this.#options().connections.keepConnections(this.#step);
  }

  /** The server's certificate has had this root since this step of the plan. */
  serverCertificateChanged(root: string, step: number): void {
    if (step <= this.#step && root === this.#root) return;
    const { connections, limits } = this.#options();
    const isOther = this.#root !== undefined && this.#root !== root;
    this.#root = root;
    this.#step = step;
    if (!this.#isOpen) return;
    if (!isOther) {
      if (!this.#isPending) connections.keepConnections(step);
      return;
    }
    clearTimeout(this.#timer);
    this.#isPending = true;
    // All connections that began on the older certificate are known once their handshakes must be over.
    this.#timer = setTimeout(() => this.#begin(), limits.handshakeMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isOpen = false;
  }

  #begin(): void {
    const { connections } = this.#options();
    this.#isPending = false;
    for (const drain of this.#drains) drain(graceMs);
    connections.rotateConnections(this.#step);
    this.#closeSome(Math.max(1, Math.ceil(connections.outdated.size / ticks)));
  }

  #closeSome(count: number): void {
    const options = this.#options();
    for (const connection of [...options.connections.outdated].slice(0, count))
      end(connection, options, moved);
    if (options.connections.outdated.size > 0)
      this.#timer = setTimeout(() => this.#closeSome(count), tickMs).unref();
  }
}

const moved: Closing = {
  reason: 'certificate-renewed',
  code: status.UNAVAILABLE,
  details: 'the server has a new certificate: connect again',
};

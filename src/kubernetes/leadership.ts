import { WeftError } from '../common/errors.ts';
import { type LeaseSetup, jittered, timely } from './lease-plan.ts';
import { type Lease, isHeldBy } from './lease-record.ts';
import { microTime } from './micro-time.ts';

const lostReason = new WeftError('api-unavailable', 'the lease is lost', { retry: 'soon' });

/** The time between winning the lease and losing or releasing it. */
export class Leadership {
  readonly #plan: LeaseSetup;
  readonly #over = new AbortController();
  #lease: Lease | undefined;
  #cancelDeadline: () => void;

  constructor(plan: LeaseSetup) {
    this.#plan = plan;
    this.#cancelDeadline = this.#startDeadline();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get lost(): boolean {
    return this.#over.signal.reason === lostReason;
  }

  begin(lease: Lease): void {
    this.#lease = lease;
    this.#plan.log.info('lease won', { identity: this.#plan.identity });
  }

  end(): void {
    this.#over.abort();
    this.#cancelDeadline();
  }

  /** Renews until the term is over. */
  async keep(): Promise<void> {
    const { clock, timing } = this.#plan;
    const pause = (): Promise<boolean> =>
      clock.sleep(jittered(this.#plan, timing.retryMs), this.signal).then(
        () => true,
        () => false,
      );
    while (await pause()) await this.#renew();
  }

  /** Lets another process take over at once, best effort. Does nothing when the lease is lost. */
  async release(): Promise<void> {
    const { log, identity } = this.#plan;
    if (this.lost) {
      log.warn('lease lost', { identity });
      return;
    }
    const spec = { holderIdentity: null, leaseDurationSeconds: 1 };
    await this.#update(spec, new AbortController().signal).then(
      () => {
        log.info('lease released', { identity });
      },
      (error: unknown) => {
        log.warn('cannot release the lease', { error });
      },
    );
  }

  async #renew(): Promise<void> {
    const { clock, log } = this.#plan;
    const cancel = this.#startDeadline();
    try {
      await this.#update({ renewTime: microTime(clock.now()) }, this.signal);
      this.#cancelDeadline();
      this.#cancelDeadline = cancel;
    } catch (error) {
      cancel();
      if (!this.signal.aborted) log.warn('cannot renew the lease', { error });
    }
  }

  /**
   * Changes the lease while it is ours. After a conflict it reads the lease again: others may have changed its labels.
   */
  async #update(spec: object, signal: AbortSignal): Promise<void> {
    try {
      await this.#write(spec, signal);
    } catch (error) {
      if (!(error instanceof WeftError) || error.code !== 'api-conflict') throw error;
      const { client, ref, identity } = this.#plan;
      const now = await timely(this.#plan, (inner) => client.get<Lease>(ref, inner), signal);
      if (now === undefined || !isHeldBy(now, identity)) {
        this.#over.abort(lostReason);
        throw lostReason;
      }
      this.#lease = now;
      await this.#write(spec, signal);
    }
  }

  async #write(spec: object, signal: AbortSignal): Promise<void> {
    const { client, ref } = this.#plan;
    const resourceVersion = this.#lease?.metadata.resourceVersion;
    const patch = { value: { metadata: { resourceVersion }, spec } };
    this.#lease = await timely(
      this.#plan,
      (inner) => client.merge<Lease>(ref, patch, inner),
      signal,
    );
  }

  #startDeadline(): () => void {
    const { clock, timing } = this.#plan;
    const cancelled = new AbortController();
    clock.sleep(timing.renewMs, cancelled.signal).then(
      () => {
        this.#over.abort(lostReason);
      },
      () => undefined,
    );
    return () => {
      cancelled.abort();
    };
  }
}

import type { RootReport } from '../../api/certificate-report.ts';
import type { Issuer, IssuerFailure, RunningIssuer } from '../issuer.ts';
import type { NamedRoot } from '../issuing-plan.ts';
import type { OpenIssuer } from './open-roots.ts';
import type { Clock } from '../../common/clock.ts';
import type { Triggered } from '../../common/component.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { ChangeSource } from '../../common/topic.ts';
import { Wakeup } from '../../common/wakeup.ts';
import { backOffMs, type Random } from '../../kubernetes/back-off.ts';

/** The result of a probe: the root, or why it cannot be used. */
export type RootProbe = (
  issuer: Issuer,
  root: NamedRoot,
  signal: AbortSignal,
) => Promise<RootReport>;

export interface ProberDeps {
  readonly open: OpenIssuer;
  readonly probe: RootProbe;
  /** The plan's candidate root; undefined for none. */
  readonly candidate: () => NamedRoot | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Result {
  readonly of: string;
  readonly report: RootReport;
}

/** How often a good candidate is probed again until it signs: it may break before its turn. */
const recheckMs = 30_000;
const backOff = { baseMs: 2_000, maxMs: 30_000 };

/**
 * Probes the plan's candidate root before any proxy trusts it: opens its issuer, has it sign a probe, and closes it.
 * Each result is a change. Retries while that fails. Leader only, so that only one replica asks the issuer.
 */
export class Prober extends ChangeSource implements Triggered {
  readonly name = 'prober';
  readonly leaderOnly = true;
  readonly #deps: ProberDeps;
  readonly #wakeup = new Wakeup();
  #result: Result | undefined;
  #triedAt = 0;

  constructor(deps: ProberDeps) {
    super(deps.logger);
    this.#deps = deps;
  }

  /** Call this when the candidate may have changed. */
  trigger(): void {
    this.#wakeup.wake();
  }

  /** The result of probing this root; undefined before the first probe. */
  reportOn(root: NamedRoot): RootReport | undefined {
    return this.#result?.of === definitionOf(root) ? this.#result.report : undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { candidate, clock, random } = this.#deps;
    this.#result = undefined;
    let failures = 0;
    const probe = async (): Promise<number> => {
      const root = candidate();
      if (root !== undefined && this.#isDue(root)) {
        if (this.reportOn(root) === undefined) failures = 0;
        failures = (await this.#try(root, signal)) ? 0 : failures + 1;
      }
      return failures === 0 ? recheckMs : backOffMs(failures, backOff, random);
    };
    await this.#wakeup.repeat(probe, clock, signal);
  }

  /** A good root is probed only at its interval; any other root is probed at every trigger. */
  #isDue(root: NamedRoot): boolean {
    if (this.reportOn(root)?.ready !== true) return true;
    return this.#deps.clock.now() >= this.#triedAt + recheckMs;
  }

  async #try(root: NamedRoot, signal: AbortSignal): Promise<boolean> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const issuer = this.#deps.open(root);
    const running = issuer.run(both).catch(() => undefined);
    const report = await this.#ask(issuer, root, both);
    this.#triedAt = this.#deps.clock.now();
    stop.abort();
    await running;
    if (signal.aborted) return false;
    this.#note(root, report);
    return report.ready;
  }

  async #ask(issuer: RunningIssuer, root: NamedRoot, signal: AbortSignal): Promise<RootReport> {
    try {
      return await this.#deps.probe(issuer, root, signal);
    } catch (thrown) {
      const { code, message } = WeftError.from(thrown);
      return { ready: false, trouble: { code, message, since: this.#deps.clock.now() } };
    }
  }

  #note(root: NamedRoot, report: RootReport): void {
    const { logger } = this.#deps;
    const trouble = report.trouble && lasting(report.trouble, this.reportOn(root)?.trouble);
    if (report.ready && this.reportOn(root)?.ready === true) return;
    if (report.ready) logger.info('root probed', { root: root.name });
    else if (trouble === report.trouble)
      logger.warn('root cannot be used', { root: root.name, problem: trouble?.message });
    this.#result = {
      of: definitionOf(root),
      report: trouble === undefined ? report : { ...report, trouble },
    };
    this.notify();
  }
}

/** The failure; if it is the same as before, with the time when it was first seen. */
function lasting(trouble: IssuerFailure, before: IssuerFailure | undefined): IssuerFailure {
  return before?.message === trouble.message ? before : trouble;
}

function definitionOf(root: NamedRoot): string {
  return JSON.stringify(root);
}

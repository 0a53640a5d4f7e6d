import type { RootReport } from '../api/certificate-report.ts';
import type { NamedRoot } from '../certificates/issuing-plan.ts';
import type { Component } from '../common/component.ts';

/** Tries out the root that the plan names as candidate. Leader only. */
export class Prober implements Component {
  readonly name = 'prober';
  readonly leaderOnly = true;

  trigger(): void {
    return;
  }

  reportOn(_root: NamedRoot): RootReport | undefined {
    return undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

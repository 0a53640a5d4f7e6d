import { expect, it } from '@jest/globals';
import { figure } from './figure.ts';
import { openRoom } from './guests.ts';
import { twoBookstores } from './rolling-restart.ts';
import { applyManifest, rolledOut, kubectlPace, type TestCluster } from './test-cluster.ts';
import { until } from '../support/time/until.ts';
import { letPass } from '../support/time/let-pass.ts';

/** Several periods of the probe that must go on failing. */
const neverReadyMs = 8000;

interface PodStatus {
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly ready: boolean;
      readonly restartCount: number;
      readonly state: { readonly running?: object };
    }[];
  };
}

async function podOf({ kubectl }: TestCluster, app: string): Promise<PodStatus> {
  const args = ['pods', '-n', 'probes', '-l', `app=${app}`, '-o', 'json'];
  const { items } = JSON.parse(await kubectl.run('get', ...args)) as { items: PodStatus[] };
  expect(items).toHaveLength(1);
  return items[0]!;
}

/** Pods with sidecars from their start to their end. */
export function podLife(world: () => TestCluster): void {
  it('a Job may call at once, without trying twice, and it ends', async () => {
    const remove = ['job', 'buy-at-once', '-n', 'bookbuyer', '--ignore-not-found'];
    await world().kubectl.run('delete', ...remove);
    await twoBookstores(world());
    const began = Date.now();
    await applyManifest(world(), 'jobs.yaml');
    const job = await until(
      async () => {
        const out = await world().kubectl.run('get', ...remove.slice(0, 4), '-o', 'json');
        const { status } = JSON.parse(out) as { status: { succeeded?: number; failed?: number } };
        const { succeeded = 0, failed = 0 } = status;
        return succeeded + failed === 4 || failed > 0 ? { succeeded, failed } : undefined;
      },
      { what: 'the Job to end', withinMs: 90_000, ...kubectlPace },
    );
    figure(`4 Jobs that call at once: done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    expect(job).toEqual({ succeeded: 4, failed: 0 });
  }, 120_000);

  it('probes of every kind keep working, and one that must fail goes on failing', async () => {
    await openRoom(world(), 'probes');
    await rolledOut(world(), 'probes', 'deployment/every-kind');
    const running = await until(
      async () => {
        const { status } = await podOf(world(), 'unopened');
        return status.containerStatuses?.[0]?.state.running === undefined ? undefined : true;
      },
      { what: 'the pod with the failing probe to run', withinMs: 60_000, ...kubectlPace },
    );
    expect(running).toBe(true);
    await letPass(neverReadyMs, 'probes go on');
    const [every, unopened] = await Promise.all([
      podOf(world(), 'every-kind'),
      podOf(world(), 'unopened'),
    ]);
    const brief = ({ status }: PodStatus): unknown =>
      status.containerStatuses?.map(({ ready, restartCount }) => ({ ready, restartCount }));
    expect(brief(every)).toEqual(Array(5).fill({ ready: true, restartCount: 0 }));
    expect(brief(unopened)).toEqual([{ ready: false, restartCount: 0 }]);
  }, 180_000);
}

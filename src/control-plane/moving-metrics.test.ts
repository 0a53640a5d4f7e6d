import { expect, it } from '@jest/globals';
import type { LeafStore } from '../certificates/leaves/leaf-store.ts';
import type { PlannedIssuers } from '../certificates/plan/planned-issuers.ts';
import { silentLogger } from '../common/logger.ts';
import { Topic } from '../common/topic.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { Evidence } from '../xds/evidence/evidence.ts';
import { certificateGauges, createMetrics, proxyGauges } from './prometheus.ts';

/** The lines of each metric. */
function byMetric(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/^# HELP /m).slice(1);
  return new Map(parts.map((part) => [part.split(' ')[0] ?? '', part]));
}

it('every metric of the control plane moves when what it counts happens', async () => {
  const metrics = createMetrics('1.2.3');
  const evidence = new Topic(silentLogger, { connected: 0, synced: 0, rejected: 0 } as Evidence);
  let health: object = { held: 0, waiting: 0 };
  let lastFailure: object | undefined = undefined;
  let shown: readonly Diagnostic[] = [];
  const leaves = { health: () => health } as unknown as LeafStore;
  const issuers = { workloads: { lastFailure: () => lastFailure } } as unknown as PlannedIssuers;
  metrics.add([...proxyGauges(evidence), ...certificateGauges({ leaves, issuers })]);
  metrics.countDiagnostics(() => shown);
  const before = byMetric((await metrics.text()).text);

  const { xds } = metrics;
  xds.streamOpened();
  xds.streamEnded('client');
  xds.connected(1);
  xds.connectionCut('slow');
  xds.linesLeftOut(1);
  xds.response('cluster', 1);
  xds.acknowledged('cluster');
  xds.refused('cluster');
  xds.pushed(1);
  metrics.compiled(1);
  metrics.compileFailed();
  metrics.injected('injected');
  evidence.publish({ connected: 1, synced: 1, rejected: 1 } as Evidence);
  health = { held: 1, waiting: 1, earliestExpiry: 1000 };
  lastFailure = {};
  shown = [{ severity: 'error' } as Diagnostic];

  const after = byMetric((await metrics.text()).text);
  const still = [...after.keys()].filter((name) => after.get(name) === before.get(name));
  expect(still.filter((name) => name.startsWith('weft_'))).toEqual(['weft_build_info']);
});

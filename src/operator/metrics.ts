import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { addProcessMetrics } from '../common/process-metrics.ts';
import type { WorkRun } from '../kubernetes/work-queue.ts';

const results = ['done', 'failed', 'defect'] as const;
type ReconcileResult = (typeof results)[number];

/** The operator's metrics. Every series starts at zero. */
export interface OperatorMetrics {
  /** Counts a run of the reconcile loop. */
  readonly reconciled: (run: WorkRun) => void;
  readonly text: () => Promise<{ readonly text: string; readonly type: string }>;
}

export function createOperatorMetrics(version: string): OperatorMetrics {
  const registry = new Registry();
  const registers = [registry];
  addProcessMetrics(registry);
  new Gauge({
    name: 'weft_build_info',
    help: 'The version that runs.',
    labelNames: ['version'] as const,
    registers,
  }).set({ version }, 1);
  const reconciles = new Counter({
    name: 'weft_operator_reconciles_total',
    help: 'Reconciliations of a MeshConfig, by result.',
    labelNames: ['result'] as const,
    registers,
  });
  for (const result of results) reconciles.inc({ result }, 0);
  const seconds = new Histogram({
    name: 'weft_operator_reconcile_seconds',
    help: 'Duration of a reconciliation of a MeshConfig.',
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 10],
    registers,
  });
  const waiting = new Gauge({
    name: 'weft_operator_reconciles_waiting',
    help: 'MeshConfigs that wait for reconciliation.',
    registers,
  });
  return {
    reconciled: (run) => {
      reconciles.inc({ result: resultOf(run) });
      seconds.observe(run.tookMs / 1000);
      waiting.set(run.waiting);
    },
    text: async () => ({ text: await registry.metrics(), type: registry.contentType }),
  };
}

function resultOf({ error }: WorkRun): ReconcileResult {
  if (error === undefined) return 'done';
  return error.isDefect ? 'defect' : 'failed';
}

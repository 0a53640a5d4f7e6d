import { expect, it } from '@jest/globals';
import { WeftError } from '../common/errors.ts';
import { createOperatorMetrics } from './metrics.ts';

it('the metrics of the operator count each run of the reconcile loop, by its result', async () => {
  const metrics = createOperatorMetrics('1.2.3');
  const run = { key: 'weft-system/weft', waitedMs: 0, tookMs: 500, waiting: 2 };
  metrics.reconciled({ ...run, error: undefined });
  metrics.reconciled({ ...run, error: new WeftError('api-rejected', 'no') });
  metrics.reconciled({ ...run, error: WeftError.from(new TypeError('a defect')) });
  const { text } = await metrics.text();
  for (const result of ['done', 'failed', 'defect'])
    expect(text).toContain(`weft_operator_reconciles_total{result="${result}"} 1\n`);
  expect(text).toContain('weft_operator_reconcile_seconds_sum 1.5\n');
  expect(text).toContain('weft_operator_reconciles_waiting 2\n');
});

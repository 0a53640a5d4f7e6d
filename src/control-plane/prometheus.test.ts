import { describe, expect, it } from '@jest/globals';
import {
  cart,
  stopLeafStores,
  stageLeafStore,
  till,
} from '../../test/support/issuers/leaf-store-stage.ts';
import type { PlannedIssuers } from '../certificates/plan/planned-issuers.ts';
import { certificateGauges, createMetrics } from './prometheus.ts';

describe('the metrics of xDS', () => {
  it('count by type, from zero, each time they are asked for', async () => {
    const metrics = createMetrics('1.2.3');
    metrics.xds.response('cluster', 100);
    metrics.xds.response('cluster', 20);
    metrics.xds.acknowledged('cluster');
    metrics.xds.refused('route');
    for (let turn = 0; turn < 2; turn += 1) {
      const { text } = await metrics.text();
      expect(text).toContain('weft_xds_responses_total{type="cluster"} 2\n');
      expect(text).toContain('weft_xds_response_bytes_total{type="cluster"} 120\n');
      expect(text).toContain('weft_xds_acknowledged_total{type="cluster"} 1\n');
      expect(text).toContain('weft_xds_refused_total{type="route"} 1\n');
      expect(text).toContain('weft_xds_responses_total{type="listener"} 0\n');
    }
  });
});

describe('the metrics of certificates', () => {
  it('count identities that wait for their first certificate', async () => {
    const { store, issuer } = await stageLeafStore(undefined, false);
    const metrics = createMetrics('1.2.3');
    const issuers = { workloads: issuer } as unknown as PlannedIssuers;
    metrics.add(certificateGauges({ leaves: store, issuers }));
    for (const account of [cart, till]) store.leafOf(account);
    expect((await metrics.text()).text).toContain('weft_leaves_waiting 2\n');
    await stopLeafStores();
  });
});

import { describe, expect, it } from '@jest/globals';
import { formatMeshReport } from '../api/mesh-report.ts';
import type { ConfigMap, KubernetesObject } from '../api/core.ts';
import type { Clock } from '../common/clock.ts';
import { silentLogger } from '../common/logger.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import { makeReport } from '../../test/support/builders/make-report.ts';
import { OperatorWatches } from './watches.ts';

function reportOf(reportedAt: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'weft-proxies', namespace: 'weft-system', uid: 'u', resourceVersion: '5' },
    data: { 'report.json': formatMeshReport(makeReport()), reportedAt },
  };
}

/** A cluster in which there is that ConfigMap and nothing else, and nothing happens. */
function clusterOf(report: ConfigMap): ApiConnection {
  const client: Pick<ApiConnection, 'getItems' | 'getJson' | 'transport'> = {
    getItems: (path: string, onItem: (object: KubernetesObject) => void) => {
      if (path.includes('weft-proxies')) onItem(structuredClone(report));
      return Promise.resolve({ metadata: { resourceVersion: '10' } });
    },
    getJson: () => Promise.reject(new Error('not asked for')),
    transport: {
      send: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    },
  };
  return client as ApiConnection;
}

describe('a new process of the operator', () => {
  const noon = Date.parse('2026-01-02T12:00:00Z');

  async function seen(reportedAt: string): Promise<(string | undefined)[]> {
    let now = noon;
    const clock: Clock = { now: () => now, sleep: () => new Promise(() => undefined) };
    const deps = { clock, random: () => 0.5, log: silentLogger };
    const watched = new OperatorWatches(clusterOf(reportOf(reportedAt)), 'weft-system', deps);
    const over = new AbortController();
    void watched.run(over.signal).catch(() => undefined);
    await watched.whenSynced(over.signal);
    over.abort();
    return [0, 60, 89, 91].map((seconds) => {
      now = noon + seconds * 1000;
      return watched.reportSilentSince(now);
    });
  }

  it('does not take a report that it finds for news: its own time counts when it is old', async () => {
    const midnight = '2026-01-02T00:00:00Z';
    expect(await seen(midnight)).toEqual([midnight, midnight, midnight, midnight]);
  });

  it('gives a control plane that just reported its time', async () => {
    const at = '2026-01-02T11:59:30Z';
    expect(await seen(at)).toEqual([undefined, undefined, undefined, at]);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { LeafStore } from '../../src/certificates/leaves/leaf-store.ts';
import type { PlannedIssuers } from '../../src/certificates/plan/planned-issuers.ts';
import { silentLogger } from '../../src/common/logger.ts';
import { Topic } from '../../src/common/topic.ts';
import {
  certificateGauges,
  createMetrics,
  proxyGauges,
} from '../../src/control-plane/prometheus.ts';
import { createOperatorMetrics } from '../../src/operator/metrics.ts';
import type { Evidence } from '../../src/xds/evidence/evidence.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/monitor-weft.md'), 'utf8');

const evidence = { connected: 0, synced: 0, rejected: 0 } as Evidence;
const leaves = { health: () => ({ held: 0, waiting: 0 }) } as unknown as LeafStore;
const issuers = { workloads: { lastFailure: () => undefined } } as unknown as PlannedIssuers;

async function exposition(): Promise<string> {
  const metrics = createMetrics('1.2.3');
  const proxies = new Topic(silentLogger, evidence);
  metrics.add([...proxyGauges(proxies), ...certificateGauges({ leaves, issuers })]);
  metrics.countDiagnostics(() => []);
  const texts = await Promise.all([metrics.text(), createOperatorMetrics('1.2.3').text()]);
  return texts.map(({ text }) => text).join('\n');
}

function firstGroups(text: string, pattern: RegExp): readonly string[] {
  const all = [...text.matchAll(pattern)].map(([, group = '']) => group);
  return [...new Set(all)].sort();
}

it('docs/monitor-weft.md lists every metric of the control plane and of the operator, and no other', async () => {
  const served = firstGroups(await exposition(), /^# TYPE (weft_\w+) /gm);
  expect(firstGroups(page, /`(weft_\w+)`/g)).toEqual(served);
});

it('docs/monitor-weft.md gives every value of a label that has a meaning of its own', async () => {
  const values = firstGroups(
    await exposition(),
    /\{(?:reason|severity|outcome|result)="([^"]+)"\}/g,
  );
  expect(values.length).toBeGreaterThan(20);
  expect(values.filter((value) => !page.includes(`\`${value}\``))).toEqual([]);
});

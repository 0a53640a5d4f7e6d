import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { addProcessMetrics } from './process-metrics.ts';

describe('the metrics of a process', () => {
  const registry = new Registry();
  addProcessMetrics(registry);

  async function valueOf(name: string): Promise<number> {
    const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
    return values[0]?.value ?? Number.NaN;
  }

  it.each<readonly [string, number, number]>([
    ['process_cpu_seconds_total', 0.01, 3_600],
    ['process_resident_memory_bytes', 1e7, 1e11],
    ['process_open_fds', 3, 1e5],
    ['nodejs_heap_size_used_bytes', 1e6, 1e11],
    ['nodejs_heap_size_total_bytes', 1e6, 1e11],
    ['nodejs_eventloop_utilization_ratio', 0, 1],
  ])('have %s between %d and %d', async (name, least, most) => {
    const value = await valueOf(name);
    expect(value).toBeGreaterThanOrEqual(least);
    expect(value).toBeLessThanOrEqual(most);
  });

  it('say when it started', async () => {
    const started = await valueOf('process_start_time_seconds');
    expect(Math.abs(started + process.uptime() - Date.now() / 1000)).toBeLessThan(60);
  });

  it('count CPU as a counter that goes on, however often it is read', async () => {
    const before = await valueOf('process_cpu_seconds_total');
    const text = await registry.metrics();
    expect(text).toContain('# TYPE process_cpu_seconds_total counter');
    expect(await valueOf('process_cpu_seconds_total')).toBeGreaterThanOrEqual(before);
  });
});

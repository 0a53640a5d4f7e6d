import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

/** A metric and the function that reads it at a scrape; undefined where the machine does not provide the value. */
type Reading = readonly [name: string, help: string, read: () => number | undefined];

/**
 * Adds the metrics that Prometheus clients report of their process. Each value is read only at a scrape, so that an
 * idle process stays idle: prom-client's own collection wakes the process a hundred times a second.
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Seconds of CPU used, in user and kernel.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  for (const [name, help, read] of [...ofProcess, ...ofNode]) {
    const gauge = new Gauge({
      name,
      help,
      registers,
      collect: () => {
        const value = read();
        if (value !== undefined) gauge.set(value);
      },
    });
  }
}

const startedAt = Date.now() / 1000 - process.uptime();

const ofProcess: readonly Reading[] = [
  ['process_start_time_seconds', 'When the process started, since the epoch.', () => startedAt],
  ['process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss()],
  ['process_open_fds', 'Open file descriptors.', openFiles],
];

const ofNode: readonly Reading[] = [
  ['nodejs_heap_size_total_bytes', 'The heap as allocated.', () => process.memoryUsage().heapTotal],
  ['nodejs_heap_size_used_bytes', 'The heap in use.', () => process.memoryUsage().heapUsed],
  ['nodejs_external_memory_bytes', 'Memory of objects outside the heap.', externalBytes],
  [
    'nodejs_eventloop_utilization_ratio',
    'Share of the time since the start in which the event loop was busy.',
    () => performance.eventLoopUtilization().utilization,
  ],
];

function externalBytes(): number {
  return process.memoryUsage().external;
}

function openFiles(): number | undefined {
  try {
    // One descriptor belongs to this read itself.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

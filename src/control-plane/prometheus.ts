import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Evidence } from '../xds/server/evidence.ts';
import type { StreamEnd, XdsMetrics } from '../xds/server/metrics.ts';
import { typeUrls, type ResourceType } from '../xds/resources/resource.ts';

const types = Object.keys(typeUrls) as ResourceType[];
const ends: readonly StreamEnd[] = [
  'client',
  'not-authenticated',
  'authentication-unavailable',
  'too-many-streams',
  'too-many-requests',
  'malformed',
  'silent',
  'token-expired',
  'replaced',
  'pod-gone',
  'shutdown',
  'internal',
];
const pushBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** The control plane's metrics. Every series starts at zero; no label depends on what anyone sends. */
export interface ControlPlaneMetrics {
  readonly xds: XdsMetrics;
  /** Seconds one compile took. */
  readonly compiled: (seconds: number) => void;
  readonly diagnostics: (errors: number, warnings: number) => void;
  readonly injected: (outcome: 'injected' | 'left-out' | 'refused') => void;
  readonly text: () => Promise<{ readonly text: string; readonly type: string }>;
}

function xdsMetrics(registry: Registry): XdsMetrics {
  const registers = [registry];
  const labelNames = ['type'] as const;
  const streams = new Gauge({ name: 'weft_xds_streams', help: 'Open xDS streams.', registers });
  const opened = new Counter({
    name: 'weft_xds_streams_opened_total',
    help: 'xDS streams that were opened.',
    registers,
  });
  const ended = new Counter({
    name: 'weft_xds_streams_ended_total',
    help: 'xDS streams that ended or were refused, by reason.',
    labelNames: ['reason'] as const,
    registers,
  });
  const counter = (name: string, help: string): Counter<'type'> =>
    new Counter({ name, help, labelNames, registers });
  const responses = counter('weft_xds_responses_total', 'Responses sent, by resource type.');
  const bytes = counter('weft_xds_response_bytes_total', 'Bytes sent, by resource type.');
  const acknowledged = counter('weft_xds_acknowledged_total', 'Responses acknowledged.');
  const refused = counter('weft_xds_refused_total', 'Responses refused by a proxy.');
  const pushed = new Histogram({
    name: 'weft_xds_push_seconds',
    help: 'From publishing a change until the last stream was written to.',
    buckets: pushBuckets,
    registers,
  });
  for (const reason of ends) ended.inc({ reason }, 0);
  for (const type of types) {
    for (const one of [responses, bytes, acknowledged, refused]) one.inc({ type }, 0);
  }
  return {
    streamOpened: () => opened.inc(),
    streamEnded: (reason) => ended.inc({ reason }),
    connected: (count) => streams.set(count),
    response: (type, size) => {
      responses.inc({ type });
      bytes.inc({ type }, size);
    },
    acknowledged: (type) => acknowledged.inc({ type }),
    refused: (type) => refused.inc({ type }),
    pushed: (seconds) => pushed.observe(seconds),
  };
}

function evidenceGauges(registry: Registry, evidence: () => Evidence): void {
  const gauge = (name: string, help: string, read: (of: Evidence) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(evidence()));
      },
    });
  };
  gauge('weft_proxies_connected', 'Proxies connected to this replica.', (e) => e.connected);
  gauge('weft_proxies_synced', 'Proxies that acknowledged everything.', (e) => e.synced);
  gauge('weft_proxies_rejected', 'Proxies that refused something.', (e) => e.rejected);
}

export function createMetrics(version: string, evidence: () => Evidence): ControlPlaneMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const info = new Gauge({
    name: 'weft_build_info',
    help: 'The version that runs.',
    labelNames: ['version'] as const,
    registers,
  });
  info.set({ version }, 1);
  const compile = new Histogram({
    name: 'weft_compile_seconds',
    help: 'Compiling the cluster into the mesh.',
    buckets: pushBuckets,
    registers,
  });
  const found = new Gauge({
    name: 'weft_diagnostics',
    help: 'What is wrong with objects that users wrote, by severity.',
    labelNames: ['severity'] as const,
    registers,
  });
  const admissions = new Counter({
    name: 'weft_injections_total',
    help: 'Pods that came through the injector, by outcome.',
    labelNames: ['outcome'] as const,
    registers,
  });
  for (const outcome of ['injected', 'left-out', 'refused']) admissions.inc({ outcome }, 0);
  evidenceGauges(registry, evidence);
  return {
    xds: xdsMetrics(registry),
    compiled: (seconds) => compile.observe(seconds),
    diagnostics: (errors, warnings) => {
      found.set({ severity: 'error' }, errors);
      found.set({ severity: 'warning' }, warnings);
    },
    injected: (outcome) => admissions.inc({ outcome }),
    text: async () => ({ text: await registry.metrics(), type: registry.contentType }),
  };
}

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { addProcessMetrics } from '../common/process-metrics.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { Issuing } from '../certificates/plan/issuing.ts';
import type { Followed } from '../common/topic.ts';
import type { InjectionOutcome } from '../injector/inject.ts';
import type { Evidence } from '../xds/evidence/evidence.ts';
import { cutReasons } from '../xds/port/gated-connection.ts';
import { streamEnds, type XdsMetrics } from '../xds/port/metrics.ts';
import { typeUrls, type ResourceType } from '../xds/resources/resource.ts';

const types = Object.keys(typeUrls) as ResourceType[];
const severities = ['error', 'warning', 'note'] as const;
const pushBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** The control plane's metrics. Every series starts at zero; no label value comes from a client. */
export interface ControlPlaneMetrics {
  readonly xds: XdsMetrics;
  /** Seconds one compile took. */
  readonly compiled: (seconds: number) => void;
  readonly compileFailed: () => void;
  readonly injected: (outcome: InjectionOutcome) => void;
  /** Adds gauges that are read at each scrape. */
  readonly add: (gauges: readonly ReadGauge[]) => void;
  /** Counts these diagnostics at each scrape: all that are shown on objects. */
  readonly countDiagnostics: (read: () => readonly Diagnostic[]) => void;
  readonly text: () => Promise<{ readonly text: string; readonly type: string }>;
}

type Tally = Record<ResourceType, number>;

/** A counter by resource type that is filled only at a scrape, since thousands of streams count at the same time. */
function tallyByType(named: {
  readonly name: string;
  readonly help: string;
  readonly registers: Registry[];
}): Tally {
  const counts = Object.fromEntries(types.map((type) => [type, 0])) as Tally;
  new Counter({
    ...named,
    labelNames: ['type'] as const,
    collect() {
      this.reset();
      for (const type of types) this.inc({ type }, counts[type]);
    },
  });
  return counts;
}

function refusalMetrics(registers: Registry[]): Pick<XdsMetrics, 'connectionCut' | 'linesLeftOut'> {
  const cut = new Counter({
    name: 'weft_connections_cut_total',
    help: 'Connections to the ports of proxies and replicas that Weft refused or closed, by reason.',
    labelNames: ['reason'] as const,
    registers,
  });
  const leftOut = new Counter({
    name: 'weft_log_lines_left_out_total',
    help: 'Log lines about refused clients that were counted instead of written.',
    registers,
  });
  for (const reason of cutReasons) cut.inc({ reason }, 0);
  return {
    connectionCut: (reason) => cut.inc({ reason }),
    linesLeftOut: (count) => leftOut.inc(count),
  };
}

function xdsMetrics(registry: Registry): XdsMetrics {
  const registers = [registry];
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
  const tally = (name: string, help: string): Tally => tallyByType({ name, help, registers });
  const responses = tally('weft_xds_responses_total', 'Responses sent, by resource type.');
  const bytes = tally('weft_xds_response_bytes_total', 'Bytes sent, by resource type.');
  const acknowledged = tally('weft_xds_acknowledged_total', 'Responses acknowledged.');
  const refused = tally('weft_xds_refused_total', 'Responses refused by a proxy.');
  const pushed = new Histogram({
    name: 'weft_xds_push_seconds',
    help: 'From publishing a change until the last stream was written to.',
    buckets: pushBuckets,
    registers,
  });
  for (const reason of streamEnds) ended.inc({ reason }, 0);
  return {
    streamOpened: () => opened.inc(),
    streamEnded: (reason) => ended.inc({ reason }),
    connected: (count) => streams.set(count),
    ...refusalMetrics(registers),
    response: (type, size) => {
      responses[type] += 1;
      bytes[type] += size;
    },
    acknowledged: (type) => (acknowledged[type] += 1),
    refused: (type) => (refused[type] += 1),
    pushed: (seconds) => pushed.observe(seconds),
  };
}

/** A gauge that is read at each scrape. */
export interface ReadGauge {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

export function proxyGauges(evidence: Followed<Evidence>): readonly ReadGauge[] {
  return [
    {
      name: 'weft_proxies_connected',
      help: 'Proxies connected to this replica.',
      read: () => evidence.value.connected,
    },
    {
      name: 'weft_proxies_synced',
      help: 'Proxies that acknowledged everything.',
      read: () => evidence.value.synced,
    },
    {
      name: 'weft_proxies_rejected',
      help: 'Proxies that refused something.',
      read: () => evidence.value.rejected,
    },
  ];
}

export function certificateGauges({
  leaves,
  issuers,
}: Pick<Issuing, 'leaves' | 'issuers'>): readonly ReadGauge[] {
  return [
    {
      name: 'weft_leaves_held',
      help: 'Identities that have a certificate from this replica.',
      read: () => leaves.health().held,
    },
    {
      name: 'weft_leaves_waiting',
      help: 'Identities that wait for their first certificate.',
      read: () => leaves.health().waiting,
    },
    {
      name: 'weft_leaf_earliest_expiry_seconds',
      help: 'When the first certificate in use expires, in seconds since the epoch; 0: none.',
      read: () => (leaves.health().earliestExpiry ?? 0) / 1000,
    },
    {
      name: 'weft_issuer_trouble',
      help: '1 while the issuer cannot sign.',
      read: () => (issuers.workloads.lastFailure() === undefined ? 0 : 1),
    },
  ];
}

function registerGauges(registry: Registry, gauges: readonly ReadGauge[]): void {
  for (const { name, help, read } of gauges) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}

/** Counts the diagnostics at each scrape. */
function registerDiagnostics(registry: Registry, read: () => readonly Diagnostic[]): void {
  new Gauge({
    name: 'weft_diagnostics',
    help: 'Diagnostics about objects that users wrote, by severity.',
    labelNames: ['severity'] as const,
    registers: [registry],
    collect() {
      const all = read();
      for (const one of severities)
        this.set({ severity: one }, all.filter(({ severity }) => severity === one).length);
    },
  });
}

export function createMetrics(version: string): ControlPlaneMetrics {
  const registry = new Registry();
  const registers = [registry];
  addProcessMetrics(registry);
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
  const failures = new Counter({
    name: 'weft_compile_failures_total',
    help: 'Compiles that failed: a defect of Weft. Proxies keep what they have.',
    registers,
  });
  const admissions = new Counter({
    name: 'weft_injections_total',
    help: 'Pods that came through the injector, by outcome.',
    labelNames: ['outcome'] as const,
    registers,
  });
  for (const outcome of ['injected', 'left-out', 'refused']) admissions.inc({ outcome }, 0);
  return {
    xds: xdsMetrics(registry),
    compiled: (seconds) => compile.observe(seconds),
    compileFailed: () => failures.inc(),
    add: (gauges) => registerGauges(registry, gauges),
    countDiagnostics: (read) => registerDiagnostics(registry, read),
    injected: (outcome) => admissions.inc({ outcome }),
    text: async () => ({ text: await registry.metrics(), type: registry.contentType }),
  };
}

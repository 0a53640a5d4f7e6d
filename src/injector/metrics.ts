import { metrics } from '../api/labels.ts';
import { metricsPath } from '../envoy/names.ts';
import { ports } from '../envoy/ports.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import type { InjectionInput } from './decide.ts';
import { wasInjected } from './earlier-call.ts';
import { readSwitch } from '../api/switch-annotation.ts';

/** Annotations that make Prometheus scrape the sidecar, and a warning when the pod's own annotations prevent that. */
export interface ScrapeAnnotations {
  readonly annotations: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

const scrape = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/port': String(ports.metrics),
  'prometheus.io/path': metricsPath,
};

/**
 * The annotations, when the pod or its namespace asks for them. A pod that is scraped already keeps its own
 * annotations, since the application's metrics would be lost otherwise; the sidecar's metrics have a named port anyway
 * (docs/decisions/0046).
 */
export function scrapeAnnotations(
  { pod, namespace, facts }: InjectionInput,
  problems: string[],
): ScrapeAnnotations {
  const own = readSwitch(metrics, pod);
  const wanted = own.kind === 'absent' ? readSwitch(metrics, facts.namespace(namespace)) : own;
  if (wanted.kind === 'invalid') problems.push(wanted.problem);
  if (wanted.kind !== 'on') return { annotations: {}, warnings: [] };
  const taken = Object.keys(scrape).filter((key) => pod.metadata.annotations?.[key] !== undefined);
  if (taken.length === 0 || announcedBefore(pod)) return { annotations: scrape, warnings: [] };
  const theirs = taken.join(', ');
  const warning = `Weft adds no Prometheus annotations for the sidecar, because the pod already has ${theirs}; let Prometheus scrape the port named proxy-metrics, or remove these annotations`;
  return { annotations: {}, warnings: [warning] };
}

/** Whether these annotations are those of an earlier call of this webhook. */
function announcedBefore(pod: AdmittedPod): boolean {
  const { annotations } = pod.metadata;
  return (
    wasInjected(pod) && Object.entries(scrape).every(([key, value]) => annotations?.[key] === value)
  );
}

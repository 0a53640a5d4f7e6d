import { metrics } from '../api/labels.ts';
import { metricsPath } from '../envoy/names.ts';
import { ports } from '../envoy/ports.ts';
import type { Case } from './decide.ts';
import { readSwitch } from './switch-annotation.ts';

/** Annotations that have Prometheus scrape the sidecar, and what to say where the pod's own stand in the way. */
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
 * Adds them when the pod's namespace asks for it. A pod that is scraped already keeps its own
 * annotations, for the application's metrics would be lost; the sidecar's have a named port anyway.
 */
export function scrapeAnnotations(
  { pod, namespace, facts }: Case,
  problems: string[],
): ScrapeAnnotations {
  const wanted = readSwitch(metrics, facts.namespace(namespace));
  if (wanted.kind === 'invalid') problems.push(wanted.problem);
  if (wanted.kind !== 'on') return { annotations: {}, warnings: [] };
  const own = Object.keys(scrape).filter((key) => pod.metadata.annotations?.[key] !== undefined);
  if (own.length === 0) return { annotations: scrape, warnings: [] };
  const warning = `the sidecar's metrics are not announced, for the pod has ${own.join(', ')} of its own`;
  return { annotations: {}, warnings: [warning] };
}

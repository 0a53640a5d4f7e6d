import type { KubernetesObject } from '../api/core.ts';
import { microTime } from './micro-time.ts';

/** Something happened to an object that its owner should know. */
export interface Occurrence {
  readonly regarding: KubernetesObject;
  readonly type: 'Normal' | 'Warning';
  /** PascalCase, from a closed list of ours, at most 128 characters. */
  readonly reason: string;
  /** The event and the remedy, for people. Cut to 1,024 bytes. */
  readonly note: string;
  /** What this process was doing, PascalCase. Default: the reason. */
  readonly action?: string;
}

/** The sender of Events: a qualified name of the program, and this process of it. */
export interface Reporter {
  readonly controller: string;
  readonly instance: string;
}

/** events.k8s.io/v1 Event. */
export interface EventObject extends KubernetesObject {
  readonly kind: 'Event';
  readonly eventTime: string;
  readonly type: string;
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly regarding: Readonly<Record<string, string | undefined>>;
  readonly series?: EventSeries;
}

export interface EventSeries {
  readonly count: number;
  readonly lastObservedTime: string;
}

const noteBytes = 1024;

/** Occurrences with the same key are counted in one Event. */
export function occurrenceKey({ regarding, type, reason, note }: Occurrence): string {
  const { uid, namespace, name } = regarding.metadata;
  return JSON.stringify([regarding.kind, uid, namespace, name, type, reason, note]);
}

/** The Event that reports an occurrence for the first time; `suffix` makes its name unique. */
export function eventObject(
  occurrence: Occurrence,
  reporter: Reporter,
  at: { readonly now: number; readonly suffix: string },
): EventObject {
  const { regarding, type, reason, note, action = reason } = occurrence;
  const { name, namespace, uid, resourceVersion } = regarding.metadata;
  const stem = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
    .slice(0, 200);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    // Events about cluster-scoped objects live in "default", by custom.
    metadata: { name: `${stem}.${at.suffix}`, namespace: namespace ?? 'default' },
    eventTime: microTime(at.now),
    type,
    reason,
    action,
    note: cut(note),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, 128),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      name,
      namespace,
      uid,
      resourceVersion,
    },
  };
}

/** At most `noteBytes` bytes of UTF-8, without a partial character. */
function cut(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= noteBytes) return note;
  return new TextDecoder().decode(bytes.subarray(0, noteBytes - 3), { stream: true }) + '…';
}

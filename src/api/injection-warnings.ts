import { type Guard, has, isList, oneOf, parseGuarded } from '../common/guards.ts';

/** What the injector warns of; each is a diagnostic about the pod too (docs/errors.md). */
export interface InjectionWarning {
  readonly code: 'pod-call-not-led' | 'pod-metrics-not-announced';
  /** Names the part of the pod, the reason and the next step. */
  readonly message: string;
}

const maxWarnings = 20;
/** A text that fits into an Event, without control characters that a terminal would obey. */
const isSentence: Guard<string> = (value): value is string =>
  typeof value === 'string' && /^\P{C}{1,1000}$/u.test(value);
const isWarning = has<InjectionWarning>({
  code: oneOf('pod-call-not-led', 'pod-metrics-not-announced'),
  message: isSentence,
});

/**
 * The warnings that the injector wrote into the pod's annotation. Every user with the right to change the pod can
 * change the annotation, so entries that the injector would not have written are ignored.
 */
export function parseInjectionWarnings(text: string | undefined): readonly InjectionWarning[] {
  return (parseGuarded(text, isList) ?? []).filter(isWarning).slice(0, maxWarnings);
}

import type { KubernetesObject } from './core.ts';

const on = ['enabled', 'yes', 'true'];
const off = ['disabled', 'no', 'false'];

/** The value of an on/off annotation; `problem` is a sentence that names object, annotation and value. */
export type Switch =
  | { readonly kind: 'on' | 'off' | 'absent' }
  | { readonly kind: 'invalid'; readonly problem: string };

/**
 * The value of a label with the name of the annotation. The label has no effect; it only shows its author's intention.
 */
export function readLabelSwitch(
  annotation: string,
  of: KubernetesObject | undefined,
): 'on' | 'off' | undefined {
  const word = of?.metadata.labels?.[annotation]?.toLowerCase() ?? '';
  if (on.includes(word)) return 'on';
  return off.includes(word) ? 'off' : undefined;
}

/** Reads OSM's enabled|yes|true and disabled|no|false, in any case of letters. */
export function readSwitch(annotation: string, of: KubernetesObject | undefined): Switch {
  const value = of?.metadata.annotations?.[annotation];
  if (value === undefined) return { kind: 'absent' };
  const word = value.toLowerCase();
  if (on.includes(word)) return { kind: 'on' };
  if (off.includes(word)) return { kind: 'off' };
  const holder = of?.kind === 'Namespace' ? `namespace ${of.metadata.name}` : 'pod';
  return {
    kind: 'invalid',
    problem:
      `annotation ${annotation} of the ${holder} is ${JSON.stringify(value)}; ` +
      `expected one of ${[...on, ...off].join(', ')}`,
  };
}

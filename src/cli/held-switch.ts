import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { rotationSettingsOf, type Setting } from '../api/rotation-settings.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import type { Problem } from './problem.ts';

type Rotation = NonNullable<
  NonNullable<NonNullable<MeshConfig['status']>['certificate']>['rotation']
>;

const goBack =
  'To abandon the switch, set spec.certificate of the MeshConfig back to its previous value.';

/**
 * The problem that a switch is held: its phase has lasted longer than the MeshConfig allows for it. Undefined without
 * a switch, and within that time.
 */
export function heldSwitch(facts: CertificateFacts, now: number): readonly Problem[] | undefined {
  const rotation = facts.meshConfig.status?.certificate?.rotation;
  const since = Date.parse(rotation?.since ?? '');
  if (rotation === undefined || Number.isNaN(since)) return undefined;
  const patience = patienceOf(facts.meshConfig, rotation.phase);
  if (now - since <= patience.ms) return undefined;
  const message = `${rotation.phase} has lasted since ${rotation.since ?? ''}, longer than ${patience.name} (${patience.text})${whomFor(rotation)}.`;
  return [{ severity: 'held', code: 'switch-held', message, remedy: remedyFor(rotation) }];
}

interface Patience extends Setting {
  readonly name: string;
}

/** In SignNew, pods also get time to read the roots of their namespace. */
function patienceOf({ spec }: MeshConfig, phase: string): Patience {
  const { setAsideAfter, bundlePropagation } = rotationSettingsOf(spec);
  return phase === 'SignNew' && bundlePropagation.ms > setAsideAfter.ms
    ? { name: 'bundlePropagation', ...bundlePropagation }
    : { name: 'setAsideAfter', ...setAsideAfter };
}

/** The pods that the switch waits for, in words; empty when the status names no pod. */
function whomFor(rotation: Rotation): string {
  const { waiting = [], acknowledged = 0, total = 0 } = rotation;
  if (waiting.length === 0) return '';
  const more = total - acknowledged - waiting.length;
  return `; it waits for ${waiting.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function remedyFor({ waiting = [] }: Rotation): string {
  const [first] = waiting;
  if (first === undefined) return `The message of the switch says what is missing. ${goBack}`;
  const [namespace = '', pod = ''] = first.split('/');
  return (
    `Find out why these pods do not answer (kubectl describe pod -n ${namespace} ${pod}) and restart them, or list ` +
    `them in spec.certificate.rotation.setAside of the MeshConfig to go on without them (${namespace}/* stands for all pods of that namespace). ${goBack}`
  );
}

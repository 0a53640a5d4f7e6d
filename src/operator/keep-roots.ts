import type { Condition } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { apiVersionOf, kinds } from '../api/kinds.ts';
import { madeByControlPlane } from '../api/control-plane-names.ts';
import { mrcSpecOf } from '../api/mrc-spec-of.ts';
import { deepEqual } from '../common/equal.ts';
import { WeftError } from '../common/errors.ts';
import type { ApiClient, ObjectRef } from '../kubernetes/api-client.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import { fieldManager } from './names.ts';
import type { RecordToCreate } from '../rotation/intent.ts';
import type { RootRecord } from '../rotation/records.ts';
import { stateOf, statusOfRoot, type StatusFacts } from '../rotation/root-status.ts';

export interface KeeperDeps {
  readonly client: ApiClient;
  readonly events: EventRecorder;
}

/**
 * Brings MeshRootCertificates in line with a decision: creates the missing one, removes one of ours that no proxy
 * ever trusted, and writes every status and the roles of our own objects. config/admission/roots-in-use.yaml forbids
 * the deletion of a root in use while there is a mesh: a finalizer would block the deletion of the namespace if the
 * operator went first.
 */
export async function keepRoots(
  meshConfig: MeshConfig,
  facts: StatusFacts,
  { deps, signal }: { readonly deps: KeeperDeps; readonly signal: AbortSignal },
): Promise<void> {
  const { create, remove, records } = facts.decision;
  if (remove !== undefined) {
    const { uid } = remove.object.metadata;
    await deps.client.remove(refOf(remove.object), uid === undefined ? {} : { uid }, signal);
  }
  if (create !== undefined) await createRoot(meshConfig, create, { deps, signal });
  for (const record of records) {
    if (record === remove) continue;
    await keepRoot(record, facts, { deps, signal });
  }
}

interface Context {
  readonly deps: KeeperDeps;
  readonly signal: AbortSignal;
}

async function createRoot(
  meshConfig: MeshConfig,
  { name, spec }: RecordToCreate,
  { deps, signal }: Context,
): Promise<void> {
  const { namespace = '' } = meshConfig.metadata;
  const labels = {
    [madeByControlPlane.label]: madeByControlPlane.value,
    'app.kubernetes.io/part-of': 'weft',
  };
  const object = {
    apiVersion: apiVersionOf(kinds.meshRootCertificate),
    kind: kinds.meshRootCertificate.kind,
    metadata: { name, namespace, labels },
    spec: {
      role: meshConfig.status?.certificate?.plan === undefined ? 'active' : 'passive',
      ...mrcSpecOf(spec, namespace),
    },
  };
  try {
    await deps.client.create(kinds.meshRootCertificate, object, signal);
  } catch (error) {
    // Our cache is behind: the object exists, and the watch will deliver it.
    if (WeftError.from(error).code !== 'api-conflict') throw error;
  }
}

async function keepRoot(record: RootRecord, facts: StatusFacts, context: Context): Promise<void> {
  await writeStatus(record, facts, context);
  await writeRole(record, facts, context);
}

async function writeStatus(
  record: RootRecord,
  facts: StatusFacts,
  { deps, signal }: Context,
): Promise<void> {
  const { object } = record;
  const status = statusOfRoot(record, facts);
  if (deepEqual(object.status, status)) return;
  const { name, namespace = '', uid = '' } = object.metadata;
  const { apiVersion, kind } = object;
  const applied = { apiVersion, kind, metadata: { name, namespace, uid }, status };
  const options = { fieldManager, force: true, subresource: 'status' } as const;
  await deps.client.apply(kinds.meshRootCertificate, applied, options, signal);
  recordRefusal(object, status.conditions ?? [], deps.events);
}

/** An event when a root is refused. */
function recordRefusal(
  regarding: MeshRootCertificate,
  conditions: readonly Condition[],
  events: EventRecorder,
): void {
  const accepted = (of: readonly Condition[] | undefined): Condition | undefined =>
    of?.find(({ type }) => type === 'Accepted');
  const now = accepted(conditions);
  if (now === undefined || now.reason === 'Accepted') return;
  if (now.reason === accepted(regarding.status?.conditions)?.reason) return;
  events.record({ regarding, type: 'Warning', reason: now.reason, note: now.message });
}

/** Updates `spec.role` on objects that Weft created. Never changes the spec of an object that a user created. */
async function writeRole(
  record: RootRecord,
  { decision }: StatusFacts,
  { deps, signal }: Context,
): Promise<void> {
  const { object, managed } = record;
  if (decision.plan === undefined || !managed) return;
  const role = nextRole(record.role, stateOf(record, decision));
  if (role === record.role) return;
  const { resourceVersion } = object.metadata;
  const value = { metadata: { resourceVersion }, spec: { role } };
  try {
    await deps.client.merge(refOf(object), { value }, signal);
  } catch (error) {
    // Our cache is behind, at least by our own status write. The watch causes another reconcile.
    if (!['api-conflict', 'api-not-found'].includes(WeftError.from(error).code)) throw error;
  }
}

/** One legal transition towards the role that the state stands for. */
function nextRole(role: RootRecord['role'], state: string): RootRecord['role'] {
  const towards = { issuing: 'active', validating: 'passive', probing: 'passive' }[state];
  const wanted = towards ?? 'inactive';
  if (role === wanted) return role;
  return role === 'passive' ? (wanted as RootRecord['role']) : 'passive';
}

/** Where a MeshRootCertificate is. */
export function refOf({ metadata: { name, namespace = '' } }: MeshRootCertificate): ObjectRef {
  return { kind: kinds.meshRootCertificate, namespace, name };
}

import { policyKindNames } from '../api/policy-kinds.ts';
import { describe, expect, it } from '@jest/globals';
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { KubernetesObject } from '../api/core.ts';
import { leaveOut } from '../cluster/left-out.ts';
import { type CompiledMesh, compileMesh } from '../mesh/compile.ts';
import type { WholeEvidence } from '../xds/evidence/count-absent.ts';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import { makeNamespace, makePod, makeService } from '../../test/support/builders/make-object.ts';
import { makeRouteGroup, makeTrafficTarget } from '../../test/support/builders/make-policy.ts';
import { type PolicyEvidence, policyStatuses, type PolicyStores } from './policy-statuses.ts';
import type { WantedStatus } from './wanted-status.ts';

/** The mesh as compiled from these TrafficTargets, and what they need. */
function compiledOf(...targets: readonly TrafficTarget[]): CompiledMesh {
  const callers = makePod({ name: 'web-1', account: 'web', ip: '10.0.0.9' });
  const around = [makeNamespace(), makeService(), makeRouteGroup(), makePod(), callers];
  const snapshot = makeSnapshot([...around, ...targets]);
  const settings = makeSettings();
  return { ...compileMesh(snapshot, settings), snapshot, settings };
}

/** The statuses of these TrafficTargets, which are what the cache has now. */
function statusesOf(
  compiled: CompiledMesh,
  ...cached: readonly KubernetesObject[]
): WantedStatus[] {
  return statusesBy({ complete: true }, compiled, ...cached);
}

function statusesBy(
  known: Omit<PolicyEvidence, 'get'>,
  compiled: CompiledMesh,
  ...cached: readonly KubernetesObject[]
): WantedStatus[] {
  const evidence: WholeEvidence = {
    origin: { kind: 'TrafficTarget', namespace: 'shop', name: 'cart', generation: 1 },
    ...{ total: 2, acknowledged: 2, rejected: 0, rejections: [], waiting: [] },
    ...{ starting: 0, away: 0, awayPods: [] },
  };
  const none = { objects: new Map<string, KubernetesObject>() };
  const targets = new Map(cached.map((one) => [`shop/${one.metadata.name}`, one]));
  const empty = Object.fromEntries(
    policyKindNames.map((kind) => [kind, none]),
  ) as unknown as PolicyStores;
  const cluster: PolicyStores = { ...empty, TrafficTarget: { objects: targets } };
  const get = (): WholeEvidence => evidence;
  return [...policyStatuses(cluster, compiled, { ...known, get })];
}

describe('the statuses of policies', () => {
  const good = makeTrafficTarget();
  const broken = [{ kind: 'HTTPRouteGroup', name: 'nosuch' }] as const;

  it('cover the objects that the mesh is compiled from', () => {
    const [found] = statusesOf(compiledOf(good), good);
    expect(found?.status).toMatchObject({ observedGeneration: 1, inForce: '2/2' });
  });

  it('stay as they were while a replica has just become silent, and are unknown afterwards', () => {
    const compiled = compiledOf(good);
    expect(statusesBy({ complete: false, settling: true }, compiled, good)).toEqual([]);
    const [found] = statusesBy({ complete: false, settling: false }, compiled, good);
    expect(found?.status.conditions[1]).toMatchObject({ status: 'Unknown' });
  });

  it('say nothing of a generation that is not compiled yet', () => {
    const next = makeTrafficTarget({ generation: 2, rules: broken });
    expect(statusesOf(compiledOf(good), next)).toEqual([]);
    const [found] = statusesOf(compiledOf(next), next);
    expect(found?.status).toMatchObject({ observedGeneration: 2 });
    expect(found?.status.conditions[0]).toMatchObject({ type: 'Accepted', status: 'False' });
  });

  it('say nothing of an object that is not compiled yet', () => {
    const fresh = makeTrafficTarget({ name: 'fresh', to: 'cart', rules: broken });
    const named = statusesOf(compiledOf(good), good, fresh).map(({ object }) => object);
    expect(named).toEqual([good]);
  });

  it('say nothing of an object that was recreated, or left out for lack of room, since the compile', () => {
    const again = { ...good, metadata: { ...good.metadata, uid: 'another' } };
    expect(statusesOf(compiledOf(good), again)).toEqual([]);
    expect(statusesOf(compiledOf(good), leaveOut(good, 'no room'))).toEqual([]);
  });

  it('cover an object of which only the resource version is new', () => {
    const metadata = { ...good.metadata, resourceVersion: '99' };
    expect(statusesOf(compiledOf(good), { ...good, metadata })).toHaveLength(1);
  });
});

import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshMembership } from '../cluster/mesh-membership.ts';
import { validateSpec } from '../api/validate-mesh-config.ts';
import { systemClock as clock } from '../common/clock.ts';
import type { Logger } from '../common/logger.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import type { MeshSettings } from '../policy/mesh-settings.ts';
import { meshSettings } from './mesh-settings.ts';
import type { ControlPlaneOptions } from './options.ts';
import { PlanFollower } from '../certificates/plan/plan-follower.ts';
import { createSources, type Sources } from './sources.ts';

/** What exists before any other part is made. */
export interface Ground {
  readonly options: ControlPlaneOptions;
  readonly logger: Logger;
  readonly client: ApiConnection;
  readonly membership: MeshMembership;
  readonly sources: Sources;
  /**
   * The MeshConfig's spec. The last valid spec stays in force while an edit is invalid (the operator says why in the
   * status), and after the object is deleted, so that a mesh that is being taken down serves its traffic to the end.
   * Undefined before a valid spec was read.
   */
  readonly spec: () => MeshConfig['spec'] | undefined;
  /** Whether the mesh is being taken down: its MeshConfig is deleted, or was there and is gone. */
  readonly ending: () => boolean;
  /** What this replica does with certificates; wiring.ts keeps it up to date. */
  readonly plan: PlanFollower;
  readonly settings: () => MeshSettings;
}

/**
 * Creates the watches and the accessors (spec, settings, certificate plan) that all parts share. Starts nothing.
 */
export function layGround(
  options: ControlPlaneOptions,
  { logger, client, meshName }: { logger: Logger; client: ApiConnection; meshName: string },
): Ground {
  const { namespace, meshConfig, podIps, clusterDomain } = options;
  const deps = { clock, random: Math.random, log: logger };
  const sources = createSources(client, namespace, deps);
  const facts = { clusterDomain, ipv6: podIps.some((ip) => ip.includes(':')) };
  let judged: MeshConfig | undefined;
  let last: MeshConfig['spec'] | undefined;
  const meshConfigNow = (): MeshConfig | undefined =>
    sources.meshConfigs.objects.get(`${namespace}/${meshConfig}`);
  const spec = (): MeshConfig['spec'] | undefined => {
    const found = meshConfigNow();
    if (found !== judged) {
      judged = found;
      if (found !== undefined && validateSpec(found).length === 0) last = found.spec;
    }
    return last;
  };
  const ending = (): boolean => {
    const found = meshConfigNow();
    return found === undefined ? last !== undefined : isDeleted(found);
  };
  const plan = new PlanFollower({ meshConfig: meshConfigNow, spec, records: sources.rootRecords });
  return {
    options,
    logger,
    client,
    membership: { meshName, controlPlaneNamespace: namespace },
    sources,
    spec,
    ending,
    plan,
    settings: () => meshSettings(spec(), facts),
  };
}

function isDeleted({ metadata }: MeshConfig): boolean {
  return metadata.deletionTimestamp !== undefined;
}

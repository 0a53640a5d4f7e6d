import type { KubernetesObject } from '../../../src/api/core.ts';
import type { MeshSettings } from '../../../src/policy/mesh-settings.ts';
import { createViews } from '../../../src/policy/view-of.ts';
import { type Compilation, compileMesh } from '../../../src/mesh/compile.ts';
import { createAssembler } from '../../../src/xds/resources/resource-set.ts';
import type { Resource, ResourceSet } from '../../../src/xds/resources/resource.ts';
import { makeSnapshot } from '../builders/make-mesh.ts';
import { makeSettings } from '../builders/make-settings.ts';

/** What the pure half of the control plane makes of some objects. */
export interface MeshOf extends Compilation {
  /** What each proxy is offered, by pod uid. */
  readonly sets: ReadonlyMap<string, ResourceSet>;
}

/** Objects as the API server gives them in, every proxy's resources out. */
export function meshOf(
  objects: readonly KubernetesObject[],
  settings: Partial<MeshSettings> = {},
  secrets: readonly Resource[] = [],
): MeshOf {
  return offered(compileMesh(makeSnapshot(objects), makeSettings(settings)), secrets);
}

/** The resources that follow from a compiled mesh. */
export function offered(compiled: Compilation, secrets: readonly Resource[] = []): MeshOf {
  const { model } = compiled;
  const views = createViews();
  const assembler = createAssembler();
  const sets = [...model.workloads].map(([uid, workload]): [string, ResourceSet] => {
    const view = views.viewOf(model, workload);
    return [uid, assembler.assemble(view, model.endpoints, secrets)];
  });
  return { ...compiled, sets: new Map(sets) };
}

/** `<type> <name> <version>` of all resources: equal texts are equal sets. */
export function versionsOf(set: ResourceSet): readonly string[] {
  return Object.entries(set).flatMap(([type, resources]) =>
    [...resources.values()].map(({ name, version }) => `${type} ${name} ${version}`),
  );
}

import { dump, loadAll } from 'js-yaml';
import type { KubernetesObject } from '../../../src/api/core.ts';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { meshSettings } from '../../../src/control-plane/mesh-settings.ts';
import type { Diagnostic } from '../../../src/policy/diagnostic.ts';
import type { MeshModel } from '../../../src/policy/mesh-model.ts';
import { originKey } from '../../../src/policy/origin.ts';
import { type Compilation, compileMesh } from '../../../src/mesh/compile.ts';
import { makeSnapshot } from '../builders/make-mesh.ts';

/** A golden story: what is in the cluster, and the mesh it makes. */
export interface Story {
  readonly objects: readonly KubernetesObject[];
  readonly compilation: Compilation;
}

/** Reads the text of an `input.yaml`: Kubernetes objects, one of them a MeshConfig, and compiles them. */
export function readStory(input: string): Story {
  const objects = loadAll(input) as readonly KubernetesObject[];
  const config = objects.find((object) => object.kind === 'MeshConfig') as MeshConfig | undefined;
  const settings = meshSettings(config?.spec, { clusterDomain: 'cluster.local', ipv6: false });
  const snapshot = makeSnapshot(objects, {
    meshName: config?.spec.meshName ?? 'osm',
    controlPlaneNamespace: config?.metadata.namespace ?? 'weft-system',
  });
  return { objects, compilation: compileMesh(snapshot, settings) };
}

/** The text of a `model.yaml`. */
export function describeModel(model: MeshModel): string {
  const parts = Object.entries(model).map(([name, part]: [string, unknown]) => [
    name,
    part instanceof Map ? Object.fromEntries(part as Map<string, unknown>) : part,
  ]);
  return toYaml(Object.fromEntries(parts));
}

/** The text of a `diagnostics.yaml`. */
export function describeDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return toYaml(
    diagnostics.map(({ object, code, severity, message }) => ({
      object: originKey(object),
      severity,
      code,
      message,
    })),
  );
}

function toYaml(value: unknown): string {
  // Through JSON, which leaves undefined fields out.
  return dump(JSON.parse(JSON.stringify(value)), { lineWidth: -1, noRefs: true });
}

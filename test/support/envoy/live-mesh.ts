import type { KubernetesObject } from '../../../src/api/core.ts';
import type { Diagnostic } from '../../../src/policy/diagnostic.ts';
import type { MeshSettings } from '../../../src/policy/mesh-settings.ts';
import { createViews } from '../../../src/policy/view-of.ts';
import { type Compilation, compileMesh } from '../../../src/mesh/compile.ts';
import { makeSnapshot } from '../builders/make-mesh.ts';
import { makeSettings } from '../builders/make-settings.ts';
import type { TestMesh } from './pod.ts';

/** The control plane's pure half over the pods of a test: Kubernetes objects in, resources for Envoys out. */
export interface LiveMesh {
  /** All objects of the cluster from now on. A pod's proxy is the test pod of its name. */
  apply(objects: readonly KubernetesObject[], settings?: Partial<MeshSettings>): Promise<void>;
  diagnostics(): readonly Diagnostic[];
}

export function liveMesh(mesh: TestMesh): LiveMesh {
  const views = createViews();
  let compiled: Compilation | undefined;
  return {
    async apply(objects, settings = {}) {
      const now = makeSettings({ permissive: true, egress: true, ipv6: true, ...settings });
      compiled = compileMesh(makeSnapshot(objects), now, compiled);
      const { model } = compiled;
      mesh.endpoints = model.endpoints;
      for (const workload of model.workloads.values()) {
        const name = workload.pod.slice(workload.pod.indexOf('/') + 1);
        await mesh.offer(name, views.viewOf(model, workload));
      }
    },
    diagnostics: () => compiled?.diagnostics ?? [],
  };
}

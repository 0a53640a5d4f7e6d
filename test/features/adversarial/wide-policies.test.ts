import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../../../src/api/core.ts';
import type { MeshSettings } from '../../../src/policy/mesh-settings.ts';
import { createViews } from '../../../src/policy/view-of.ts';
import { compileMesh } from '../../../src/mesh/compile.ts';
import { createAssembler } from '../../../src/xds/resources/resource-set.ts';
import type { ResourceSet } from '../../../src/xds/resources/resource.ts';
import { makeSnapshot } from '../../support/builders/make-mesh.ts';
import { makeSettings } from '../../support/builders/make-settings.ts';
import { attackerHome, victims } from '../../support/attacks/two-namespaces.ts';
import { wideInbound } from '../../support/attacks/wide-inbound.ts';
import { wideOutbound } from '../../support/attacks/wide-outbound.ts';

// A few small objects whose product is large: what the API server takes of one namespace, at its limits.

const megabyte = 1024 * 1024;

interface Wide {
  readonly bytes: number;
  readonly codes: readonly string[];
  readonly milliseconds: number;
  readonly set: ResourceSet;
}

/** What one proxy is offered, and how long it takes to make that. */
function offered(
  uid: string,
  objects: readonly KubernetesObject[],
  settings: Partial<MeshSettings> = {},
): Wide {
  const snapshot = makeSnapshot([...victims, ...attackerHome, ...objects]);
  const start = performance.now();
  const { model, diagnostics } = compileMesh(snapshot, makeSettings(settings));
  const workload = model.workloads.get(uid);
  if (workload === undefined) throw new Error(`no workload ${uid}`);
  const view = createViews().viewOf(model, workload);
  const set = createAssembler().assemble(view, model.endpoints, []);
  const milliseconds = performance.now() - start;
  const resources = Object.values(set).flatMap((some) => [...some.values()]);
  const bytes = resources.reduce((sum, { encoded }) => sum + encoded.length, 0);
  const codes = [...new Set(diagnostics.map(({ code }) => code))];
  return { bytes, codes, milliseconds, set };
}

describe('what the objects of one namespace make of one proxy', () => {
  for (const { name, uid, objects, settings, code } of [...wideInbound, ...wideOutbound]) {
    it(`is some tens of megabytes at most: ${name}`, () => {
      const { bytes, codes, milliseconds } = offered(uid, objects(), settings);
      expect(bytes).toBeLessThan(20 * megabyte);
      expect(milliseconds).toBeLessThan(10_000);
      if (code !== undefined) expect(codes).toContain(code);
    });
  }
});

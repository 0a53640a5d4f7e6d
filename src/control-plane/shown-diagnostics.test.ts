import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../api/core.ts';
import { applyChanges } from '../cluster/snapshot.ts';
import { type CompiledMesh, compileMesh } from '../mesh/compile.ts';
import { makeChange, makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
} from '../../test/support/builders/make-object.ts';
import { makeRouteGroup, makeTrafficTarget } from '../../test/support/builders/make-policy.ts';
import { silentLogger } from '../common/logger.ts';
import { Topic } from '../common/topic.ts';
import { createMetrics } from './prometheus.ts';
import { OpeningDiagnostics, shownDiagnostics } from './shown-diagnostics.ts';

function compiledOf(...objects: readonly KubernetesObject[]): CompiledMesh {
  const snapshot = makeSnapshot(objects);
  const settings = makeSettings();
  return { ...compileMesh(snapshot, settings), snapshot, settings };
}

/** The same mesh with these objects as well. */
function grown(before: CompiledMesh, ...objects: readonly KubernetesObject[]): CompiledMesh {
  const snapshot = applyChanges(before.snapshot, objects.map(makeChange));
  const { settings } = before;
  return { ...compileMesh(snapshot, settings, before), snapshot, settings };
}

const web = makePod({ name: 'web-1', account: 'web', ip: '10.0.0.9' });
const around = [makeNamespace(), makeService(), makeRouteGroup(), makePod(), web];
/** Its destination has no pods, and one of its sources has none. */
const lonely = makeTrafficTarget({ name: 'lonely', to: 'nobody', from: ['shop/web', 'shop/gone'] });

async function countedIn(compiled: CompiledMesh | undefined): Promise<Record<string, number>> {
  const mesh = new Topic(silentLogger, compiled);
  const metrics = createMetrics('1.2.3');
  metrics.countDiagnostics(shownDiagnostics(mesh, () => []));
  const { text } = await metrics.text();
  const found = text.matchAll(/^weft_diagnostics\{severity="(\w+)"\} (\d+)$/gm);
  const counts = [...found].map(([, severity = '', count]): [string, number] => [
    severity,
    Number(count),
  ]);
  return Object.fromEntries(counts);
}

describe('weft_diagnostics', () => {
  it('counts what the statuses of TrafficTargets say beyond what the compiler found', async () => {
    const bare = makePod({ name: 'bare-1', account: 'bare', ip: '10.0.0.8', sidecar: false });
    const compiled = compiledOf(
      ...around,
      bare,
      lonely,
      makeTrafficTarget({ to: 'bare' }),
      makeTrafficTarget({ to: 'web', from: ['shop/cart'] }),
    );
    expect(compiled.diagnostics).toEqual([]);
    // Two of lonely, target-without-sidecar, target-without-port.
    expect(await countedIn(compiled)).toEqual({ error: 0, warning: 4, note: 0 });
  });

  it('counts what the compiler found, once', async () => {
    const broken = makeTrafficTarget({ rules: [{ kind: 'HTTPRouteGroup', name: 'nosuch' }] });
    const compiled = compiledOf(...around, broken);
    const { severity } = compiled.diagnostics[0]!;
    expect(await countedIn(compiled)).toMatchObject({ [severity]: compiled.diagnostics.length });
  });

  it('counts nothing of namespaces outside of the mesh, and is zero before the first compile', async () => {
    const none = { error: 0, warning: 0, note: 0 };
    const outside = { ...makeNamespace(), metadata: { name: 'shop' } };
    expect(await countedIn(compiledOf(outside, lonely))).toEqual(none);
    expect(await countedIn(undefined)).toEqual(none);
  });
});

describe('the diagnostics of openings', () => {
  const openings = new OpeningDiagnostics();
  const before = compiledOf(...around, lonely);

  it('are the very same list after a change of endpoints', () => {
    const after = grown(before, makeEndpointSlice());
    expect(after.model.endpoints).not.toBe(before.model.endpoints);
    const found = openings.list(before);
    expect(found).toHaveLength(2);
    expect(openings.list(after)).toBe(found);
  });

  it('are computed again once a pod comes', () => {
    const more = makePod({ name: 'gone-1', account: 'gone', ip: '10.0.0.7' });
    expect(openings.list(grown(before, more))).toHaveLength(1);
    expect(openings.list(before)).toHaveLength(2);
  });
});

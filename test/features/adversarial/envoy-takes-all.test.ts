import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cipherSuites, ecdhCurves } from '../../../src/api/tls.ts';
import { meshSettings } from '../../../src/control-plane/mesh-settings.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import type { MeshSettings } from '../../../src/policy/mesh-settings.ts';
import type { Resource } from '../../../src/xds/resources/resource.ts';
import { makeNamespace, makePod, makeService } from '../../support/builders/make-object.ts';
import { makeRouteGroup, makeTrafficTarget } from '../../support/builders/make-policy.ts';
import { makeMeshAuthority } from '../../support/certificates/mesh-authority.ts';
import { type LoneEnvoy, startLoneEnvoy } from '../../support/envoy/lone-envoy.ts';
import { meshOf } from '../../support/attacks/mesh-of.ts';
import { oddCluster, runs } from '../../support/attacks/odd-objects.ts';
import { anyRegex } from '../../support/attacks/odd-policies.ts';

const settings: fc.Arbitrary<Partial<MeshSettings>> = fc.record({
  permissive: fc.boolean(),
  egress: fc.boolean(),
  ipv6: fc.boolean(),
  pathMatch: fc.constantFrom('Prefix', 'Full'),
});

describe('a real Envoy takes', () => {
  let envoy: LoneEnvoy;
  let secrets: readonly Resource[];

  beforeAll(async () => {
    const authority = await makeMeshAuthority();
    secrets = await authority.secrets('shop/cart' as IdentityKey);
    envoy = await startLoneEnvoy();
  }, 60_000);
  afterAll(() => envoy.stop());

  it('all that is made of odd objects', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(oddCluster, settings, async (objects, chosen) => {
        const { sets } = meshOf(objects, chosen, secrets);
        for (const set of new Set(sets.values())) {
          expect(await envoy.refusals(set)).toEqual([]);
          taken += set.listener.size > 1 ? 1 : 0;
        }
      }),
      runs(80),
    );
    expect(taken).toBeGreaterThan(10);
  }, 600_000);

  it('every word of TLS that Weft takes', async () => {
    const objects = [makeNamespace('shop'), makePod(), makeService()];
    for (const sidecar of [
      { cipherSuites: [...cipherSuites], ecdhCurves: [...ecdhCurves] },
      { cipherSuites: ['nonsense', 'AES128-SHA'], ecdhCurves: ['nonsense'] },
    ]) {
      const { tls } = meshSettings({ sidecar }, { clusterDomain: 'cluster.local', ipv6: false });
      const { sets } = meshOf(objects, { permissive: true, tls }, secrets);
      expect(sets.size).toBe(1);
      for (const set of sets.values()) expect(await envoy.refusals(set)).toEqual([]);
    }
  });

  it('every regular expression that Weft takes', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRegex, { minLength: 1, maxLength: 30 }),
        fc.constantFrom('Prefix' as const, 'Full' as const),
        async (patterns, pathMatch) => {
          const matches = patterns.map((pattern, index) => ({
            name: `m${String(index)}`,
            pathRegex: pattern,
            headers: [{ 'x-one': pattern }],
          }));
          const objects = [
            makeNamespace('shop'),
            makePod(),
            makeService(),
            makeTrafficTarget(),
            makeRouteGroup({ matches }),
          ];
          const { sets, model } = meshOf(objects, { pathMatch }, secrets);
          const http = [...model.rules.values()].flat()[0]?.http;
          taken += http === 'all' ? 0 : (http?.length ?? 0);
          for (const set of sets.values()) expect(await envoy.refusals(set)).toEqual([]);
        },
      ),
      runs(80),
    );
    expect(taken).toBeGreaterThan(100);
  }, 600_000);
});

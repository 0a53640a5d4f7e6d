import { expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/time/fake-clock.ts';
import { FakeStore } from '../../test/support/fakes/fake-store.ts';
import { until } from '../../test/support/time/until.ts';
import { makeNamespace, makeService } from '../../test/support/builders/make-object.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { clusterKindNames } from '../cluster/cluster-kinds.ts';
import { silentLogger } from '../common/logger.ts';
import { Compiler } from './compiler.ts';
import type { ControlPlaneContext } from './context.ts';
import { MeshConfigInForce } from './mesh-config-in-force.ts';
import type { ControlPlaneOptions } from './options.ts';
import { createMetrics } from './prometheus.ts';
import type { Watches } from './watches.ts';

const options = {
  ...{ namespace: 'weft-system', meshConfig: 'osm-mesh-config' },
  ...{ podIps: ['10.0.0.1'], clusterDomain: 'cluster.local' },
} as unknown as ControlPlaneOptions;

const meshConfig: MeshConfig = {
  ...{ apiVersion: 'config.openservicemesh.io/v1alpha2', kind: 'MeshConfig', spec: {} },
  metadata: { name: 'osm-mesh-config', namespace: 'weft-system' },
};

it('counts a compile that fails, and takes in its changes with the next one', async () => {
  const cluster = Object.fromEntries(clusterKindNames.map((kind) => [kind, new FakeStore()]));
  const meshConfigs = new FakeStore<MeshConfig>();
  const others = { accounts: new FakeStore(), rootRecords: new FakeStore(), meshConfigs };
  const metrics = createMetrics('1.2.3');
  let broken = true;
  const compiler = new Compiler(
    { logger: silentLogger, clock: new FakeClock() } as unknown as ControlPlaneContext,
    {
      watches: { cluster, ...others } as unknown as Watches,
      meshConfig: new MeshConfigInForce(meshConfigs, options),
      secrets: { secretsOf: () => undefined, follow: () => () => undefined },
      step: () => 0,
      metrics: {
        ...metrics,
        compiled: (seconds) => {
          if (broken) throw new TypeError('a defect');
          metrics.compiled(seconds);
        },
      },
    },
  );
  const over = new AbortController();
  const ended = compiler.run(over.signal);
  const failures = async (): Promise<string | undefined> =>
    /^weft_compile_failures_total (\d+)$/m.exec((await metrics.text()).text)?.[1];
  expect([compiler.problem(), await failures()]).toEqual([expect.any(String), '0']);
  cluster['Namespace']?.put(makeNamespace());
  meshConfigs.put(meshConfig);
  await until(failures, { holds: (count) => count === '1' });
  expect([compiler.problem(), compiler.compiled.value]).toEqual([undefined, undefined]);
  broken = false;
  cluster['Service']?.put(makeService());
  const mesh = await until(() => compiler.compiled.value);
  expect([...mesh.snapshot.namespaces.keys()]).toEqual(['shop']);
  over.abort();
  await ended;
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { makeFinding, makeReport } from '../../support/builders/make-report.ts';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { formatMeshReport } from '../../../src/api/mesh-report.ts';
import {
  getMeshConfig,
  playControlPlane,
  playReplicas,
  publish,
  type OperatorRig,
  startOperatorRig,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

jest.setTimeout(180_000);

const report = (more: Parameters<typeof makeReport>[0] = {}): Readonly<Record<string, string>> => ({
  'report.json': formatMeshReport(makeReport(more)),
  reportedAt: new Date().toISOString(),
});

describe('case H: the status on a real API server', () => {
  let rig: OperatorRig;

  beforeAll(async () => {
    rig = await startOperatorRig();
    rig.startOperator();
    await rig.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await playControlPlane(rig);
    await publish(rig, 'weft-proxies', report());
    await untilCondition(rig, 'Ready=True/Ready');
  }, 120_000);

  afterAll(() => rig.stop(), 30_000);

  const row = (): Promise<string> => rig.kubectl('get', 'meshconfig', '-A');
  const meshConfig = async (): Promise<MeshConfig> => {
    const found = await getMeshConfig(rig);
    if (found === undefined) throw new Error('no MeshConfig');
    return found;
  };
  const checked = async (): Promise<string> =>
    (await getMeshConfig(rig))?.status?.lastCheckedTime ?? '';

  it('says that the mesh is up, and when the operator looked', async () => {
    expect(await row()).toMatch(/READY +PROXIES +CERTIFICATES +PERMISSIVE +VERSION +CHECKED +AGE/);
    const ready = await untilCondition(rig, 'Ready=True/Ready');
    expect(ready.message).toBe('The mesh is up.');
    expect(Date.now() - Date.parse(await checked())).toBeLessThan(62_000);
  });

  it('names a pod that is stuck, and takes it back', async () => {
    const findings = [makeFinding('sidecar-stuck', 7, 'container envoy: ImagePullBackOff')];
    await publish(rig, 'weft-proxies', report({ connected: 3, expected: 10, findings }));
    const ready = await untilCondition(rig, 'Ready=False/SidecarsStuck');
    expect(ready.message).toContain('7 pods are stuck before their sidecar connects: shop/web-1');
    expect(ready.message).toContain('and 4 more. Next: kubectl describe pod -n shop web-1.');
    expect(await row()).toMatch(/ False +3\/10 /);
    await publish(rig, 'weft-proxies', report());
    await untilCondition(rig, 'Ready=True/Ready');
  });

  it('says within seconds that no replica is left', async () => {
    const from = Date.now();
    await playReplicas(rig, 0);
    await untilCondition(rig, 'Ready=False/ControlPlaneNotAvailable');
    expect(Date.now() - from).toBeLessThan(5_000);
    await playReplicas(rig, 2);
    await untilCondition(rig, 'Ready=True/Ready');
  });

  it('is written once a minute at rest, and nothing but the time with it', async () => {
    const before = await meshConfig();
    const after = await until(
      async () => {
        const now = await meshConfig();
        return now.status?.lastCheckedTime === before.status?.lastCheckedTime ? undefined : now;
      },
      { withinMs: 75_000 },
    );
    const untouched = { ...before.metadata, resourceVersion: '', managedFields: [] };
    expect({ ...after.metadata, resourceVersion: '', managedFields: [] }).toEqual(untouched);
    expect(after.spec).toEqual(before.spec);
    const { lastCheckedTime } = after.status ?? {};
    expect(after.status).toEqual({ ...before.status, lastCheckedTime });
  });

  it('grows old when the operator is away, and is renewed when it is back', async () => {
    await rig.stopOperator();
    const last = await checked();
    await publish(rig, 'weft-proxies', report({ connected: 0, expected: 10 }));
    await staysTrueFor(3_000, 'the time of the last check', async () => (await checked()) === last);
    rig.startOperator();
    await until(async () => (await getMeshConfig(rig))?.status?.proxies?.expected === 10, {
      withinMs: 30_000,
    });
  });
});

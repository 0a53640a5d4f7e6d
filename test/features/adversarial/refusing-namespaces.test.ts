// S10: a user with rights in one namespace of the mesh keeps the ConfigMap that sidecars start from away from it.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type CertificateReport } from '../../../src/api/certificate-report.ts';
import type { ConfigMap } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import {
  startReplicaRig,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { until } from '../../support/time/until.ts';
import { reportThat } from '../../support/control-plane/certificate-report-of.ts';

jest.setTimeout(90_000);

describe('S10: a namespace that refuses its bootstrap', () => {
  let rig: ReplicaRig;
  beforeAll(async () => {
    rig = await startReplicaRig();
    // Before the replica: what it reports from its first look on holds with that namespace in its mesh.
    await rig.kubectl('create', 'namespace', 'fixed');
    await rig.apply(`
apiVersion: v1
kind: ConfigMap
metadata: { name: weft-bootstrap, namespace: fixed }
immutable: true
data: { bootstrap.yaml: "an attacker's", ca.crt: "an attacker's" }
`);
    await join('fixed');
    await rig.startReplica('one');
  }, 120_000);
  afterAll(() => rig.stop());

  const configMap = (name: string, namespace: string): Promise<ConfigMap | undefined> =>
    rig.admin.get<ConfigMap>({ kind: kinds.configMap, namespace, name }, rig.signal);
  const reported = (
    what: string,
    holds: (report: CertificateReport) => boolean,
  ): Promise<CertificateReport> => reportThat(rig, what, { holds, withinMs: 40_000 });
  const join = (namespace: string): Promise<string> =>
    rig.kubectl('label', 'namespace', namespace, 'openservicemesh.io/monitored-by=osm');

  it('by an immutable one of its own: that ConfigMap is recreated', async () => {
    const { bootstraps } = await reported(
      'a report of bootstraps, without which no certificate is switched',
      ({ bootstraps: b }) => b !== undefined,
    );
    expect(bootstraps?.unserved).toBeUndefined();
    const found = await configMap('weft-bootstrap', 'fixed');
    expect(found?.data?.['ca.crt']).toContain('BEGIN CERTIFICATE');
  });

  it('by a quota: its own pods are named, and no other namespace waits', async () => {
    await rig.kubectl('create', 'namespace', 'mean');
    const quota = { 'count/configmaps': '0' };
    const object = {
      ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none', namespace: 'mean' } },
      spec: { hard: quota },
    };
    await rig.apply(JSON.stringify(object));
    const status = JSON.stringify({ status: { hard: quota, used: quota } });
    await rig.kubectl(
      ...['patch', 'resourcequota', 'none', '-n', 'mean', '--subresource=status'],
      ...['--type=merge', '-p', status],
    );
    await until(
      () =>
        rig.kubectl('create', 'configmap', 'any', '-n', 'mean', '--dry-run=server').then(
          () => undefined,
          () => true,
        ),
      { what: 'a quota in force', withinMs: 20_000 },
    );
    await rig.makePod({ name: 'till', account: 'till', ip: '10.4.0.1', namespace: 'mean' });
    await join('mean');
    const { bootstraps } = await reported(
      'who is not served',
      ({ bootstraps: b }) => b?.unserved?.[0]?.total === 1,
    );
    expect(bootstraps?.unserved).toEqual([
      {
        ...{ namespace: 'mean', pods: ['mean/till'], total: 1 },
        reason: expect.stringMatching(/exceeded quota/),
      },
    ]);
    await rig.kubectl('delete', 'resourcequota', 'none', '-n', 'mean');
    await reported(
      'all served',
      ({ bootstraps: b }) => b !== undefined && b.unserved === undefined,
    );
  });

  it('and one of that name out of the mesh stays, unless it is ours', async () => {
    await rig.kubectl('create', 'namespace', 'outside');
    await rig.apply(`
apiVersion: v1
kind: ConfigMap
metadata: { name: weft-bootstrap, namespace: outside, labels: { app.kubernetes.io/managed-by: helm } }
data: { theirs: "yes" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: weft-bootstrap, namespace: default, labels: { app.kubernetes.io/managed-by: weft, weft.dev/mesh: other } }
data: { theirs: "yes" }
`);
    await rig.kubectl('label', 'namespace', 'fixed', 'openservicemesh.io/monitored-by-');
    await until(() => configMap('weft-bootstrap', 'fixed'), {
      holds: (answer) => answer === undefined,
      what: 'ours removed',
      withinMs: 40_000,
    });
    for (const namespace of ['outside', 'default'])
      expect((await configMap('weft-bootstrap', namespace))?.data).toEqual({ theirs: 'yes' });
  });
});

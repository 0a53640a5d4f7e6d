// S12: a user who may edit the MeshConfig alone, and no Secret, has the control plane write or delete a Secret of
// another's by naming it; and what becomes of the Secret of a root.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type CertificateReport } from '../../../src/api/certificate-report.ts';
import type { SecretObject } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { gatewayOf } from '../../../src/api/labels.ts';
import {
  startReplicaRig,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { until } from '../../support/time/until.ts';
import { reportThat } from '../../support/control-plane/certificate-report-of.ts';

jest.setTimeout(60_000);

const own = 'weft-system';

describe('S12: a Secret of the gateway that belongs to another user', () => {
  let rig: ReplicaRig;
  beforeAll(async () => {
    rig = await startReplicaRig();
    await rig.startReplica('one');
    await rig.kubectl('create', 'namespace', 'payments');
  }, 120_000);
  afterAll(() => rig.stop());

  const secretOf = (name: string, namespace = own): Promise<SecretObject | undefined> =>
    rig.admin.get<SecretObject>({ kind: kinds.secret, namespace, name }, rig.signal);
  const name = async (secret: object | null): Promise<void> => {
    const gateway = { subjectAltNames: ['a.example'], validityDuration: '1h', secret };
    const patch = { spec: { certificate: { ingressGateway: secret && gateway } } };
    const ref = { kind: kinds.meshConfig, namespace: own, name: 'osm-mesh-config' };
    await rig.admin.merge(ref, { value: patch }, rig.signal);
  };
  const reported = (
    what: string,
    holds: (report: CertificateReport) => boolean,
  ): Promise<CertificateReport> => reportThat(rig, what, { holds, withinMs: 20_000 });

  const theirs = [
    { name: 'api-token', namespace: 'payments', type: 'Opaque', labels: {} },
    { name: 'site-tls', namespace: 'payments', type: 'kubernetes.io/tls', labels: {} },
    { name: 'site-tls', namespace: own, type: 'kubernetes.io/tls', labels: {} },
    {
      ...{ name: 'of-another-mesh', namespace: own, type: 'kubernetes.io/tls' },
      labels: { 'app.kubernetes.io/managed-by': 'weft', [gatewayOf]: 'other' },
    },
  ];
  it.each(theirs)('is neither written nor deleted: $type $namespace/$name', async (one) => {
    const { labels, namespace, type } = one;
    const text = (value: string): string => Buffer.from(value).toString('base64');
    const made = await rig.admin.create<SecretObject>(
      kinds.secret,
      {
        ...{ apiVersion: 'v1', kind: 'Secret', type },
        metadata: { name: one.name, namespace, labels },
        data: { 'tls.crt': text('theirs'), 'tls.key': text('theirs') },
      },
      rig.signal,
    );
    await name({ name: one.name, namespace });
    const { gatewayTrouble } = await reported('the trouble', ({ gatewayTrouble: trouble }) =>
      Boolean(trouble?.message.includes(`${namespace}/${one.name}`)),
    );
    expect(gatewayTrouble).toMatchObject({
      code: 'configuration-invalid',
      message: expect.stringMatching(/does not belong to this mesh.*name another Secret/),
    });
    await name(null);
    await reported('nothing to keep', (report) => report.gatewayTrouble === undefined);
    const { metadata, data } = (await secretOf(one.name, namespace))!;
    expect({ version: metadata.resourceVersion, data }).toEqual({
      version: made.metadata.resourceVersion,
      data: made.data,
    });
  });

  it('is renewed when it was written before it had a label, and goes when it is not wanted', async () => {
    const text = Buffer.from('of before').toString('base64');
    const before: SecretObject = {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls' },
      metadata: { name: 'of-before', namespace: 'payments' },
      data: { 'tls.crt': text, 'tls.key': text, 'ca.crt': text },
    };
    const byUs = { fieldManager: 'weft-control-plane', force: true };
    await rig.admin.apply(kinds.secret, before, byUs, rig.signal);
    await name(before.metadata);
    await until(
      async () => {
        const found = await secretOf('of-before', 'payments');
        return found?.data?.['tls.crt'] === text ? undefined : found;
      },
      { what: 'it renewed', withinMs: 20_000 },
    );
    expect((await secretOf('of-before', 'payments'))?.metadata.labels).toMatchObject({
      [gatewayOf]: own,
    });
    await name(null);
    await until(() => secretOf('of-before', 'payments'), {
      holds: (answer) => answer === undefined,
      what: 'it gone',
      withinMs: 20_000,
    });
  });

  it('and the Secret of a root is restored with the annotation of its issuer, and reported when it is useless', async () => {
    const before = (await secretOf('weft-ca'))!;
    expect(before.metadata.annotations).toEqual({ 'weft.dev/issued-by': 'builtIn' });
    await rig.kubectl('delete', 'secret', '-n', own, 'weft-ca');
    const back = await until(() => secretOf('weft-ca'), { what: 'it put back', withinMs: 20_000 });
    expect(back.data).toEqual(before.data);
    expect(back.metadata.annotations).toEqual(before.metadata.annotations);
    const useless = JSON.stringify({ data: { 'tls.key': 'bm90aGluZw==' } });
    await rig.kubectl('patch', 'secret', '-n', own, 'weft-ca', '--type=merge', '-p', useless);
    const { roots } = await reported('what is wrong with the root', (report) =>
      Object.values(report.roots).some(({ trouble }) => trouble !== undefined),
    );
    expect(Object.values(roots)).toMatchObject([
      { ready: false, trouble: { message: expect.stringMatching(/Secret weft-system\/weft-ca/) } },
    ]);
  });
});

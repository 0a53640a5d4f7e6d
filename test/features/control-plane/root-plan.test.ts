// The control plane's half of a switch of roots: a played operator writes plans, and the report must
// name the proxies that followed, and no others.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { CertificatePlan } from '../../../src/api/certificate-plan.ts';
import { type CertificateReport } from '../../../src/api/certificate-report.ts';
import { kinds } from '../../../src/api/kinds.ts';
import type { ProxyDouble } from '../../support/xds/proxy-double.ts';
import {
  startReplicaRig,
  type Replica,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { until } from '../../support/time/until.ts';
import { reportThat } from '../../support/control-plane/certificate-report-of.ts';

jest.setTimeout(60_000);
const namespace = 'weft-system';
const owner = { fieldManager: 'played-operator', force: true } as const;

describe('a plan of roots', () => {
  let rig: ReplicaRig;
  let replica: Replica;
  const proxies: ProxyDouble[] = [];
  let step = 0;

  beforeAll(async () => {
    rig = await startReplicaRig();
    replica = await rig.startReplica('one');
    for (const [name, ip] of [
      ['cart', '10.1.0.1'],
      ['desk', '10.1.0.2'],
    ] as const) {
      const pod = await rig.makePod({ name, account: name, ip });
      proxies.push(await rig.connectProxy(pod, replica));
    }
  }, 60_000);
  afterAll(() => rig.stop());

  const reported = (
    what: string,
    holds: (report: CertificateReport) => boolean,
  ): Promise<CertificateReport> => reportThat(rig, what, { holds, withinMs: 30_000 });
  const plan = async (next: Partial<CertificatePlan>): Promise<void> => {
    step += 1;
    const object = {
      apiVersion: 'config.openservicemesh.io/v1alpha2',
      kind: 'MeshConfig',
      metadata: { name: 'osm-mesh-config', namespace },
      status: { certificate: { plan: { ...current, ...next, step } } },
    };
    current = { ...current, ...next, step };
    await rig.admin.apply(
      kinds.meshConfig,
      object,
      { ...owner, subresource: 'status' },
      rig.signal,
    );
  };
  let current: CertificatePlan = {
    ...{ step: 0, signer: 'weft-root-1', signerStep: 1 },
    ...{ serverSigner: 'weft-root-1', serverStep: 1, trusted: ['weft-root-1'], trustedStep: 1 },
  };
  const record = async (name: string, secret: string, status: object): Promise<void> => {
    const head = {
      apiVersion: 'config.openservicemesh.io/v1alpha2',
      kind: 'MeshRootCertificate',
      metadata: { name, namespace },
    };
    const secretRef = { name: secret, namespace };
    const spec = { role: 'active', provider: { tresor: { ca: { secretRef } } } };
    await rig.admin.apply(kinds.meshRootCertificate, { ...head, spec }, owner, rig.signal);
    const options = { ...owner, subresource: 'status' } as const;
    await rig.admin.apply(kinds.meshRootCertificate, { ...head, status }, options, rig.signal);
  };
  /** The issuer of the leaf that a proxy holds, and how many roots it trusts. */
  const held = (proxy: ProxyDouble): { issuer: string; roots: number } => {
    const { leaf, trust } = proxy.secrets() ?? { leaf: '', trust: {} };
    return {
      issuer: new X509Certificate(leaf).issuer,
      roots: Object.values(trust).join('').split('BEGIN CERTIFICATE').length - 1,
    };
  };
  let oldIssuer = '';

  it('is the spec alone at first, and the report says what root that is', async () => {
    const { roots, step: of } = await reported(
      'a root',
      ({ roots: all }) => all['weft-root-1'] !== undefined,
    );
    expect(of).toBe(0);
    expect(roots['weft-root-1']).toMatchObject({ ready: true });
    await record('weft-root-1', 'weft-ca', {
      state: 'issuing',
      roots: roots['weft-root-1']?.roots,
    });
    await plan({});
    const followed = await reported(
      'step 1',
      (one) => one.step === 1 && one.trust.acknowledged === 2,
    );
    expect(followed).toMatchObject({
      complete: true,
      trust: { step: 1, total: 2 },
      leaves: { step: 1, acknowledged: 2, total: 2 },
      channel: { step: 1, acknowledged: 2, total: 2 },
    });
    oldIssuer = held(proxies[0] as ProxyDouble).issuer;
  });

  it('has a candidate tried out, and no proxy trusts it yet', async () => {
    await record('weft-root-2', 'weft-ca-2', {});
    await plan({ candidate: 'weft-root-2' });
    const { roots } = await reported('a probe', (one) => one.roots['weft-root-2']?.ready === true);
    const { roots: pem, fingerprint } = roots['weft-root-2'] ?? {};
    expect(fingerprint).not.toBe(roots['weft-root-1']?.fingerprint);
    expect(proxies.map((proxy) => held(proxy).roots)).toEqual([1, 1]);
    await record('weft-root-2', 'weft-ca-2', { state: 'validating', roots: pem });
  });

  it('counts the proxies that acknowledged both roots, and waits for a pod that runs without a stream', async () => {
    await rig.makePod({ name: 'frozen', account: 'frozen', ip: '10.1.0.3' });
    await plan({ trusted: ['weft-root-1', 'weft-root-2'], trustedStep: step + 1 });
    const found = await reported(
      'both roots',
      (one) => one.trust.acknowledged === 2 && one.step === 3,
    );
    expect(found.trust).toEqual({
      ...{ step: 3, acknowledged: 2, total: 3, aside: 0 },
      waiting: ['shop/frozen'],
    });
    expect(found.bootstraps).toMatchObject({ step: 3 });
    expect(proxies.map(held)).toEqual([
      { issuer: oldIssuer, roots: 2 },
      { issuer: oldIssuer, roots: 2 },
    ]);
    await rig.kubectl('delete', 'pod', '-n', 'shop', 'frozen', '--force', '--grace-period=0');
  });

  it('issues every leaf again by the new signer, and counts its ACK alone', async () => {
    await plan({ signer: 'weft-root-2', signerStep: step + 1 });
    await reported('new leaves', (one) => one.leaves.step === 4 && one.leaves.acknowledged === 2);
    for (const proxy of proxies) expect(held(proxy).issuer).not.toBe(oldIssuer);
    expect(proxies.map((proxy) => held(proxy).roots)).toEqual([2, 2]);
  });

  it('closes every stream once its own certificate is of the new root, and counts the proxies that came back', async () => {
    await plan({ serverSigner: 'weft-root-2', serverStep: step + 1 });
    const before = await reported('the new step', (one) => one.step === 5);
    expect(before.channel.acknowledged).toBe(0);
    await until(() => proxies.every((proxy) => proxy.ended), {
      what: 'streams to close',
      withinMs: 20_000,
    });
    for (const [index, name] of ['cart', 'desk'].entries())
      proxies[index] = await rig.connectProxy(await rig.get(kinds.pod, name), replica);
    await reported(
      'the proxies that came back',
      (one) => one.channel.step === 5 && one.channel.acknowledged === 2,
    );
  });

  it('drops the old root, and a replica that starts again knows all of it', async () => {
    await plan({ trusted: ['weft-root-2'], trustedStep: step + 1 });
    await reported('one root', (one) => one.trust.step === 6 && one.trust.acknowledged === 2);
    expect(proxies.map((proxy) => held(proxy).roots)).toEqual([1, 1]);
    await replica.stop();
    replica = await rig.startReplica('two');
    const proxy = await rig.connectProxy(await rig.get(kinds.pod, 'cart'), replica);
    await proxy.until(() => proxy.secrets() !== undefined);
    expect(held(proxy)).toMatchObject({ roots: 1 });
    expect(held(proxy).issuer).not.toBe(oldIssuer);
  });
});

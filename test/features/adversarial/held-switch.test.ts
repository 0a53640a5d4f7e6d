// S13: a user with rights in one namespace holds up a switch of roots by streams that never acknowledge.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type CertificateReport } from '../../../src/api/certificate-report.ts';
import type { Pod } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { injectedBy } from '../../../src/api/labels.ts';
import { XdsClient } from '../../support/xds/xds-client.ts';
import {
  startReplicaRig,
  type Replica,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';
import { reportThat } from '../../support/control-plane/certificate-report-of.ts';

jest.setTimeout(90_000);

const own = 'weft-system';
const many = Array.from({ length: 12 }, (_, index) => `idle-${index}`);
const running = (name: string): object => ({
  ...{ name, image: 'any:1', imageID: '', ready: true, started: true, restartCount: 0 },
  state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
});

describe('S13: twelve streams of a namespace that never acknowledge', () => {
  let rig: ReplicaRig;
  let replica: Replica;
  const clients: XdsClient[] = [];
  beforeAll(async () => {
    rig = await startReplicaRig();
    replica = await rig.startReplica('one');
    await rig.apply(
      `{apiVersion: v1, kind: Namespace, metadata: {name: evil, labels: {openservicemesh.io/monitored-by: osm}}}`,
    );
    const cart = await rig.makePod({ name: 'cart', account: 'cart', ip: '10.4.0.1' });
    await rig.connectProxy(cart, replica);
    await reported('the honest one', ({ trust }) => trust.acknowledged === 1);
  }, 120_000);
  afterAll(async () => {
    for (const client of clients) client.close();
    await rig.stop();
  });

  const reported = (
    what: string,
    holds: (report: CertificateReport) => boolean,
  ): Promise<CertificateReport> => reportThat(rig, what, { holds, withinMs: 30_000 });

  /** What the user makes: a pod that no node takes, with all that a label and a spec can say. */
  const makePod = (name: string): Promise<Pod> =>
    rig.admin.create<Pod>(
      kinds.pod,
      {
        ...{ apiVersion: 'v1', kind: 'Pod' },
        metadata: { name, namespace: 'evil', labels: { [injectedBy]: 'osm' } },
        spec: {
          serviceAccountName: 'default',
          nodeSelector: { no: 'such' },
          initContainers: [{ name: 'envoy', image: 'any:1', restartPolicy: 'Always' }],
          containers: [{ name: 'app', image: 'any:1' }],
          volumes: [{ name: 'weft-bootstrap', configMap: { name: 'weft-bootstrap' } }],
        },
      } as unknown as Pod,
      rig.signal,
    );
  async function subscribe(pod: Pod): Promise<void> {
    const [ca, token] = await Promise.all([rig.trust(), rig.tokenOf(pod)]);
    const serverName = `weft-control-plane.${own}.svc.cluster.local`;
    const client = new XdsClient({
      address: `127.0.0.1:${replica.xdsPort}`,
      ca,
      token,
      serverName,
    });
    clients.push(client);
    for (const type of ['cluster', 'listener'] as const) client.send(type);
    await client.next(20_000);
  }

  it('of pods that no node ever took: they hold nothing', async () => {
    await rig.admin.create(
      kinds.serviceAccount,
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: 'evil' },
      },
      rig.signal,
    );
    for (const name of many) await subscribe(await makePod(name));
    await staysTrueFor(3_000, 'a count of the honest one alone', async () => {
      const { trust } = await reported('a count', () => true);
      return trust.acknowledged === 1 && trust.total === 1 && trust.waiting.length === 0;
    });
  });

  it('of pods that run: they hold, are named, and are set aside all by the name of their namespace', async () => {
    for (const name of many) {
      const ref = { kind: kinds.pod, namespace: 'evil', name };
      const status = { phase: 'Running', initContainerStatuses: [running('envoy')] };
      await rig.admin.merge(ref, { value: { status }, subresource: 'status' }, rig.signal);
    }
    const { trust } = await reported('that they hold', ({ trust: { total } }) => total === 13);
    expect(trust).toMatchObject({ acknowledged: 1, aside: 0 });
    expect(trust.waiting).toHaveLength(10);
    const ref = { kind: kinds.meshConfig, namespace: own, name: 'osm-mesh-config' };
    const patch = { spec: { certificate: { rotation: { setAside: ['evil/*'] } } } };
    await rig.admin.merge(ref, { value: patch }, rig.signal);
    const after = await reported('that they are set aside', ({ trust: { aside } }) => aside === 12);
    expect(after).toMatchObject({
      setAside: ['evil/*'],
      trust: { acknowledged: 1, total: 13, waiting: [] },
    });
  });

  it('and one of another namespace that does not answer holds still, and is named', async () => {
    await rig.makePod({ name: 'frozen', account: 'frozen', ip: '10.4.0.2' });
    const { trust } = await reported('that it holds', ({ trust: { total } }) => total === 14);
    expect(trust).toMatchObject({ acknowledged: 1, aside: 12, waiting: ['shop/frozen'] });
  });
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import type { KubernetesObject, Pod } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { tokenAudience } from '../../../src/api/labels.ts';
import { XdsClient } from '../../support/xds/xds-client.ts';
import {
  type Replica,
  type ReplicaRig,
  startReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';

jest.setTimeout(90_000);

const namespace = 'weft-system';
const serverName = `weft-control-plane.${namespace}.svc.cluster.local`;

describe('a control plane that runs', () => {
  let rig: ReplicaRig;
  let replica: Replica;
  let ca: string;
  const clients: XdsClient[] = [];

  beforeAll(async () => {
    rig = await startReplicaRig();
    replica = await rig.startReplica('one');
    ca = await rig.trust();
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await rig.stop();
  });

  function connect(token: string): XdsClient {
    const address = `127.0.0.1:${replica.xdsPort}`;
    const client = new XdsClient({ address, ca, serverName, token });
    clients.push(client);
    client.send('cluster');
    return client;
  }

  /** The API server's own verdict on a token. */
  async function isGood(token: string): Promise<boolean> {
    const review = await rig.admin.create<
      KubernetesObject & { status: { authenticated?: boolean } }
    >(
      {
        ...kinds.pod,
        group: 'authentication.k8s.io',
        kind: 'TokenReview',
        plural: 'tokenreviews',
        namespaced: false,
      },
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        metadata: {},
        spec: { token, audiences: [tokenAudience] },
      } as unknown as KubernetesObject & { status: { authenticated?: boolean } },
      rig.signal,
    );
    return review.status.authenticated === true;
  }

  it('S14: takes no token of a service account that was deleted and recreated, as TokenReview', async () => {
    const plan = { name: 'cart-1', account: 'cart', ip: '10.1.0.1' };
    const pod: Pod = await rig.makePod(plan);
    const older = await rig.tokenOf(pod);
    await connect(older).next(20_000);
    await rig.kubectl('delete', 'serviceaccount', 'cart', '-n', 'shop');
    await rig.kubectl('create', 'serviceaccount', 'cart', '-n', 'shop');
    const judged = await isGood(older);
    const client = connect(older);
    const answered = await client.next(20_000).then(
      () => 'served',
      async () => (await client.ended()).code,
    );
    expect([judged, answered]).toEqual([false, status.UNAUTHENTICATED]);
    const newer = await rig.tokenOf(pod);
    expect(await isGood(newer)).toBe(true);
    await connect(newer).next(20_000);
  });

  it('S12: serves as many proxies as the MeshConfig says, from the edit on', async () => {
    const pods = await Promise.all(
      [1, 2].map((number) =>
        rig.makePod({ name: `till-${number}`, account: 'till', ip: `10.1.1.${number}` }),
      ),
    );
    const [first = '', second = ''] = await Promise.all(pods.map((pod) => rig.tokenOf(pod)));
    const limit = (most: number): Promise<string> =>
      rig.kubectl(
        ...['patch', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--type=merge', '-p'],
        JSON.stringify({ spec: { sidecar: { maxDataPlaneConnections: most } } }),
      );
    for (const client of clients.splice(0)) client.close();
    await connect(first).next(20_000);
    await limit(1);
    const refused = async (): Promise<string> => {
      const client = connect(second);
      const ended = await client.ended(1_000).catch(() => undefined);
      client.close();
      return ended?.code === status.RESOURCE_EXHAUSTED ? ended.details : refused();
    };
    expect(await refused()).toContain('sidecar.maxDataPlaneConnections');
    await limit(0);
    const served = async (): Promise<void> => {
      const client = connect(second);
      await client.next(1_000).catch(served);
    };
    await served();
  });
});

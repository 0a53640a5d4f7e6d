// Two replicas whose leaves cert-manager signs one by one, on a real API server: it is asked once for
// each identity, whichever replica its proxies hang on.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Pod } from '../../../src/api/core.ts';
import {
  decodeAnswer,
  encodeLeafRequest,
  type SharedLeafRequest,
} from '../../../src/certificates/sharing/shared-leaf-request.ts';
import { ownersOf } from '../../../src/certificates/sharing/owners.ts';
import { identityKey, type IdentityKey } from '../../../src/policy/identity.ts';
import { freePort } from '../../../tools/base/probe.ts';
import type { ProxyDouble } from '../../support/xds/proxy-double.ts';
import { startCertManager, type CertManager } from '../../../tools/real/cert-manager.ts';
import { makeCaIssuer } from '../../../tools/real/cert-manager-setup.ts';
import {
  startReplicaRig,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import {
  startSharingReplica,
  type SharingReplica,
} from '../../support/control-plane/sharing-replica.ts';

jest.setTimeout(60_000);
const namespace = 'weft-system';
const names = ['weft-system/one', 'weft-system/two'];
const accountOf = (name: string): IdentityKey =>
  identityKey({ namespace: 'shop', serviceAccount: name });
const ownerOf = (name: string): string | undefined => ownersOf(accountOf(name), names)[0];
const accounts = Array.from({ length: 10 }, (_, index) => `cart-${index}`);
const meshConfig = `
apiVersion: config.openservicemesh.io/v1alpha2
kind: MeshConfig
metadata: { name: osm-mesh-config, namespace: ${namespace} }
spec:
  traffic: { enablePermissiveTrafficPolicyMode: false, enableEgress: false }
  certificate:
    provider:
      kind: certManager
      certManager: { issuerRef: { kind: Issuer, name: mesh-ca }, mode: leaf }
`;

describe('replicas under an issuer that signs each leaf', () => {
  let rig: ReplicaRig;
  let manager: CertManager;
  let port: number;
  let one: SharingReplica;
  let two: SharingReplica;
  const pods: Pod[] = [];
  const proxies: ProxyDouble[] = [];

  beforeAll(async () => {
    rig = await startReplicaRig();
    manager = await startCertManager(rig.server);
    await makeCaIssuer(manager, { name: 'mesh-ca', namespace });
    await rig.apply(meshConfig);
    port = await freePort();
    one = await startSharingReplica(rig, { name: 'one', ip: '127.0.0.2', port });
    for (const [index, name] of accounts.entries())
      pods.push(await rig.makePod({ name, account: name, ip: `10.1.0.${index + 1}` }));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await Promise.all([one.kill(), two.kill().catch(() => undefined)]);
    await manager.stop();
    await rig.stop();
  }, 60_000);

  const connect = async (pod: Pod, replica: SharingReplica): Promise<ProxyDouble> => {
    const proxy = await replica.connectProxy(pod);
    proxies.push(proxy);
    return proxy;
  };
  const leafOf = async (proxy: ProxyDouble): Promise<string> => {
    await proxy.until(() => proxy.secrets() !== undefined, 30_000);
    return proxy.secrets()?.leaf ?? '';
  };
  const requested = (): string[] => [...one.requested, ...two.requested].sort();

  it('take over what another one has, though they own it now', async () => {
    const before = await Promise.all(
      pods.slice(0, 4).map(async (pod) => leafOf(await connect(pod, one))),
    );
    expect([...one.requested].sort()).toEqual(accounts.slice(0, 4));
    two = await startSharingReplica(rig, { name: 'two', ip: '127.0.0.3', port });
    const after = await Promise.all(
      pods.slice(0, 4).map(async (pod) => leafOf(await connect(pod, two))),
    );
    expect(after).toEqual(before);
    expect(accounts.slice(0, 4).map(ownerOf)).toContain('weft-system/two');
    expect(requested()).toEqual(accounts.slice(0, 4));
  });

  it('ask once for each identity that has proxies at both', async () => {
    // A pod is one stream, so its twin of the same account hangs on the other replica.
    const twins = await Promise.all(
      accounts
        .slice(4)
        .map((account, index) =>
          rig.makePod({ name: `${account}-twin`, account, ip: `10.2.0.${index + 1}` }),
        ),
    );
    const at = (list: readonly Pod[], replica: SharingReplica): Promise<string[]> =>
      Promise.all(list.map(async (pod) => leafOf(await connect(pod, replica))));
    const [atOne, atTwo] = await Promise.all([at(pods.slice(4), one), at(twins, two)]);
    expect(atTwo).toEqual(atOne);
    expect(requested()).toEqual(accounts);
    expect(new Set(accounts.slice(4).map(ownerOf))).toEqual(new Set(names));
    expect(one.requested.slice(4).map(ownerOf)).not.toContain('weft-system/two');
    expect(two.requested.map(ownerOf)).not.toContain('weft-system/one');
    for (const [index, leaf] of atTwo.entries())
      expect(new X509Certificate(leaf).subjectAltName).toContain(
        `/ns/shop/sa/${accounts[index + 4] ?? ''}`,
      );
  });

  it('give leaves to replicas and to no other client', async () => {
    const [name = ''] = accounts;
    const signer = one.issuing.issuers.workloads.authority()?.signer ?? '';
    const ask: SharedLeafRequest = {
      ...{ account: accountOf(name), trustDomain: 'cluster.local', validityMs: 3_600_000 },
      ...{ keyKind: 'P-256', signer, heldOnly: true },
    };
    const pod = { namespace, labels: {}, ip: '127.0.0.9' };
    const replica = await rig.makePod({ ...pod, name: 'three', account: 'weft-control-plane' });
    const neighbour = await rig.makePod({ ...pod, name: 'neighbour', account: 'weft-operator' });
    const given = await one.answer(encodeLeafRequest(ask), await rig.tokenOf(replica));
    expect(given && decodeAnswer(given)?.certificateChain).toBe(
      one.issuing.leaves.leafOf(accountOf(name))?.certificateChain,
    );
    for (const stranger of [neighbour, pods[0] as Pod])
      expect(await one.answer(encodeLeafRequest(ask), await rig.tokenOf(stranger))).toBeUndefined();
    const admin = await rig.kubectl('create', 'token', 'weft-control-plane', '-n', namespace);
    expect(await one.answer(encodeLeafRequest(ask), admin.trim())).toBeUndefined();
    expect(await one.answer(encodeLeafRequest(ask), 'nonsense')).toBeUndefined();
  });

  it('go on when the owner is killed', async () => {
    await two.kill();
    const name = Array.from({ length: 50 }, (_, index) => `late-${index}`).find(
      (account) => ownerOf(account) === 'weft-system/two',
    ) as string;
    const pod = await rig.makePod({ name, account: name, ip: '10.3.0.1' });
    const started = performance.now();
    await leafOf(await connect(pod, one));
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(one.requested).toContain(name);
  });
});

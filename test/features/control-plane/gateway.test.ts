import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { reportKey } from '../../../src/api/certificate-report.ts';
import { certificatesConfigMap } from '../../../src/api/control-plane-names.ts';
import type { ConfigMap, SecretObject } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { parseReport } from '../../../src/api/parse-report.ts';
import {
  startReplicaRig,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { until } from '../../support/time/until.ts';

const namespace = 'weft-system';

jest.setTimeout(20_000);

describe('the certificate of an ingress gateway outside the mesh', () => {
  let rig: ReplicaRig;

  beforeAll(async () => {
    rig = await startReplicaRig();
    await rig.startReplica('one');
  }, 60_000);
  afterAll(() => rig.stop());

  const ask = async (ingressGateway: object | null): Promise<void> => {
    const patch = { spec: { certificate: { ingressGateway } } };
    const ref = { kind: kinds.meshConfig, namespace, name: 'osm-mesh-config' };
    await rig.admin.merge(ref, { value: patch }, rig.signal);
  };
  const secretOf = (name: string): Promise<SecretObject | undefined> =>
    rig.admin.get<SecretObject>({ kind: kinds.secret, namespace, name }, rig.signal);
  const text = (secret: SecretObject, key: string): string =>
    Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
  const gateway = (name: string, ...subjectAltNames: string[]): object => ({
    subjectAltNames,
    validityDuration: '1h',
    secret: { name, namespace },
  });

  /** The leaf in the Secret, once it has these names. */
  const leafWith = (name: string, names: string): Promise<X509Certificate> =>
    until(
      async () => {
        const secret = await secretOf(name);
        if (secret === undefined) return undefined;
        const leaf = new X509Certificate(text(secret, 'tls.crt'));
        return leaf.subjectAltName === names ? leaf : undefined;
      },
      { what: `${name} for ${names}`, withinMs: 15_000 },
    );
  const gone = (name: string): Promise<unknown> =>
    until(() => secretOf(name), {
      holds: (answer) => answer === undefined,
      what: `${name} gone`,
      withinMs: 15_000,
    });

  it('is written to the Secret that the MeshConfig names, with the roots of the mesh', async () => {
    await ask(gateway('gateway-cert', 'ingress.example'));
    const leaf = await leafWith('gateway-cert', 'DNS:ingress.example');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(leaf.validToDate.getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
    const secret = await secretOf('gateway-cert');
    expect(secret).toMatchObject({ type: 'kubernetes.io/tls' });
    // Goes with the mesh's namespace, however that goes.
    expect(secret?.metadata.ownerReferences).toMatchObject([
      { kind: 'Namespace', name: namespace },
    ]);
    const root = new X509Certificate(text(secret as SecretObject, 'ca.crt'));
    expect(leaf.verify(root.publicKey)).toBe(true);
  });

  it('moves when only the name of the Secret changes', async () => {
    await ask(gateway('gateway-moved', 'ingress.example'));
    await leafWith('gateway-moved', 'DNS:ingress.example');
    await gone('gateway-cert');
  });

  it('gets other names when they change', async () => {
    await ask(gateway('gateway-moved', 'a.example', 'b.example'));
    await leafWith('gateway-moved', 'DNS:a.example, DNS:b.example');
  });

  it('is restored when a user deletes it', async () => {
    await rig.kubectl('delete', 'secret', '-n', namespace, 'gateway-moved');
    await leafWith('gateway-moved', 'DNS:a.example, DNS:b.example');
  });

  it('goes away when no gateway is asked for', async () => {
    await ask(null);
    await gone('gateway-moved');
  });

  it('goes away when the mesh ends, and what a user has put there stays', async () => {
    const theirs = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'theirs', namespace } };
    await rig.admin.create(kinds.secret, theirs, rig.signal);
    await ask(gateway('gateway-last', 'ingress.example'));
    await leafWith('gateway-last', 'DNS:ingress.example');
    const ref = { kind: kinds.meshConfig, namespace, name: 'osm-mesh-config' };
    await rig.admin.remove(ref, {}, rig.signal);
    await gone('gateway-last');
    await until(
      async () => {
        const { data } = await rig.get<ConfigMap>(
          kinds.configMap,
          certificatesConfigMap,
          namespace,
        );
        const { gateway: left, released } = parseReport(data?.[reportKey]) ?? {};
        return left === undefined && released === true;
      },
      { what: 'the report says so', withinMs: 5_000 },
    );
    expect(await secretOf('theirs')).toBeDefined();
  });
});

// S8: a user who may edit MeshConfig and MeshRootCertificates, but reads no Secret, has credentials sent to a Vault
// of theirs.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { KubernetesObject } from '../../../src/api/core.ts';
import type { VaultRoot } from '../../../src/api/root-spec.ts';
import { validateSpec } from '../../../src/api/validate-mesh-config.ts';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { requestToken } from '../../../src/kubernetes/token-request.ts';
import type { ApiConnection } from '../../../src/kubernetes/connect.ts';
import { createAuthority } from '../../../tools/cluster/authority.ts';
import { trouble } from '../../support/issuers/ask-issuer.ts';
import { ensureNamespace, putSecret, startIssuer } from '../../support/issuers/start-issuer.ts';
import {
  startReplicaRig,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(60_000);

const namespace = 'credentials';
const account = { namespace, name: 'weft-control-plane' };
const signal = (): AbortSignal => AbortSignal.timeout(20_000);

/** An https server of an attacker's, which notes all that it is sent and answers 403. */
async function startCollector() {
  const authority = await createAuthority('collector');
  const { certificate: cert, key } = await authority.issue({
    ...{ commonName: 'server', dnsNames: ['localhost'], addresses: ['127.0.0.1'] },
  });
  const got: string[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      got.push(`${JSON.stringify(request.headers)} ${body}`);
      response.writeHead(403).end('{"errors":["noted"]}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { got, ca: authority.certificate, address: `https://127.0.0.1:${port}`, server };
}

const spellings = [
  'https://kubernetes.default.svc.cluster.local',
  'https://kubernetes.default.svc.cluster.local/',
  'kubernetes.default.svc.cluster.local',
  'HTTPS://Kubernetes.default.svc',
  'https://kubernetes.default.svc:443',
  'kubernetes',
  'weft.dev',
  'Weft.dev',
  '',
  ' ',
  ' vault',
];

describe('S8: a Vault of someone else’s', () => {
  let rig: ReplicaRig;
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let root: VaultRoot;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    rig = await startReplicaRig();
    collector = await startCollector();
    await ensureNamespace(rig.admin, namespace);
    await putSecret(rig.admin, { namespace, name: 'ca' }, { 'ca.crt': collector.ca });
    await putSecret(
      rig.admin,
      { namespace, name: 'payments' },
      { password: 'hunter2-of-payments' },
    );
    root = {
      kind: 'vault',
      ...{ address: collector.address, caBundle: { name: 'ca', key: 'ca.crt' }, namespace: '' },
      ...{ mount: 'pki', issuer: 'default', role: 'r', mode: 'leaf' },
      auth: { kind: 'token', secret: { name: 'payments', key: 'password' } },
    };
  }, 120_000);
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    collector.got.length = 0;
  });
  afterAll(async () => {
    collector.server.close();
    await rig.stop();
  });

  const start = (change: Partial<VaultRoot>, vaultAddresses?: readonly string[]) =>
    startIssuer({ ...root, ...change }, { namespace, api: rig.admin, vaultAddresses });

  it.each(spellings)('has no audience %j, by the API server', async (audience) => {
    const provider = {
      kind: 'vault',
      vault: { address: root.address, role: 'r', auth: { kubernetes: { role: 'r', audience } } },
    };
    const meshConfig = {
      apiVersion: 'config.openservicemesh.io/v1alpha2',
      kind: 'MeshConfig',
      metadata: { name: 'osm-mesh-config', namespace: 'weft-system' },
      spec: { certificate: { provider } },
    };
    const answer = await rig.apply(JSON.stringify(meshConfig)).catch(String);
    expect(answer).toMatch(/auth\.kubernetes\.audience/);
    expect(answer).toMatch(/such as vault/);
    const { apiVersion } = meshConfig;
    const record = {
      ...{ apiVersion, kind: 'MeshRootCertificate' },
      metadata: { name: 'theirs', namespace: 'weft-system' },
      spec: {
        role: 'passive',
        provider: {
          vault: {
            host: 'h',
            protocol: 'https',
            role: 'r',
            kubernetesAuth: { role: 'r', audience },
          },
        },
      },
    };
    expect(await rig.apply(JSON.stringify(record)).catch(String)).toMatch(
      /kubernetesAuth\.audience.*such as vault/s,
    );
    const [problem] = validateSpec(meshConfig as unknown as MeshConfig);
    expect(problem?.field).toBe('spec.certificate.provider.vault.auth.kubernetes.audience');
  });

  it.each(spellings)(
    'gets no token for the audience %j, had it been let through',
    async (audience) => {
      const auth = { kind: 'kubernetes', mount: 'kubernetes', role: 'r', audience } as const;
      const one = await start({ auth });
      const why = await trouble(one);
      await one.stop();
      expect(collector.got.splice(0)).toEqual([]);
      expect(why).toMatchObject({
        code: 'issuer-misconfigured',
        message: expect.stringMatching(/audience .* is refused/),
      });
    },
  );

  it('is refused what this API server says that it goes by', async () => {
    const answers: { spec: { audiences: string[] } }[] = [];
    const api: Pick<ApiConnection, 'create'> = {
      create: async (kind, object, inner) => {
        const answer = await rig.admin.create(kind, object, inner);
        answers.push(answer as unknown as (typeof answers)[number]);
        return answer;
      },
    };
    await requestToken(api, { ...account, audience: 'vault' }, signal());
    expect(answers.map(({ spec }) => spec.audiences)).toEqual([
      ['https://kubernetes.default.svc.cluster.local'],
      ['vault'],
    ]);
    const renamed: typeof api = {
      create: async (kind, object, inner) => {
        const answer = await api.create(kind, object, inner);
        return { ...answer, spec: { audiences: ['vault', 'https://oidc.example.com/1'] } };
      },
    };
    for (const audience of ['vault', 'https://oidc.example.com/1/', 'OIDC.example.com/1'])
      await expect(requestToken(renamed, { ...account, audience }, signal())).rejects.toMatchObject(
        {
          code: 'issuer-misconfigured',
        },
      );
  });

  it('gets a token that lasts ten minutes and ends with the pod of the control plane', async () => {
    const pod = { name: 'one', account: account.name, ip: '10.9.0.1', namespace };
    await rig.makePod(pod);
    const wish = { ...account, audience: 'vault', pod: 'one' };
    const token = await requestToken(rig.admin, wish, signal());
    const [, payload = ''] = token.reveal().split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      readonly exp: number;
      readonly iat: number;
      readonly 'kubernetes.io': { readonly pod: { readonly name: string } };
    };
    expect(claims).toMatchObject({ aud: ['vault'], 'kubernetes.io': { pod: { name: 'one' } } });
    expect(claims.exp - claims.iat).toBe(600);
    const now = ['--force', '--grace-period=0'];
    await rig.kubectl('delete', 'pod', '-n', namespace, 'one', ...now);
    await until(async () => !(await isAuthentic(rig, token.reveal())), { withinMs: 20_000 });
  });

  it('is sent no Secret whose owner did not label it for that', async () => {
    const one = await start({});
    stops.push(one.stop);
    const why = await trouble(one);
    expect(collector.got.splice(0)).toEqual([]);
    expect(why).toMatchObject({
      code: 'issuer-misconfigured',
      message: expect.stringMatching(
        /Secret credentials\/payments lacks the label weft.dev\/sent-to-vault: "true"/,
      ),
    });
    const labels = { 'weft.dev/sent-to-vault': 'true' };
    await putSecret(
      rig.admin,
      { namespace, name: 'payments', labels },
      { password: 'meant-for-it' },
    );
    await until(() => collector.got.some((text) => text.includes('meant-for-it')), {
      withinMs: 20_000,
    });
    expect(collector.got.join()).not.toContain('hunter2');
  });

  it('is not called where the operator allows others alone', async () => {
    const one = await start({}, ['https://vault.example.com:8200']);
    const why = await trouble(one);
    await one.stop();
    expect(collector.got.splice(0)).toEqual([]);
    expect(why).toMatchObject({
      code: 'issuer-misconfigured',
      message: expect.stringMatching(
        /--vault-addresses allows only https:\/\/vault.example.com:8200/,
      ),
    });
  });
});

async function isAuthentic({ admin }: ReplicaRig, token: string): Promise<boolean> {
  const review = {
    ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { name: '' } },
    spec: { token, audiences: ['vault'] },
  };
  const kind = {
    ...{ group: 'authentication.k8s.io', version: 'v1', kind: 'TokenReview' },
    ...{ plural: 'tokenreviews', namespaced: false },
  };
  const { status } = (await admin.create(kind, review, signal())) as KubernetesObject & {
    readonly status?: { readonly authenticated?: boolean };
  };
  return status?.authenticated === true;
}

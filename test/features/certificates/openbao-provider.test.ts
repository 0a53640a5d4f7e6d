import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { VaultRoot } from '../../../src/api/root-spec.ts';
import type { Leaf, LeafRequest } from '../../../src/certificates/issuer.ts';
import { problemOfIssued } from '../../../src/certificates/leaf-check.ts';
import { probe } from '../../../src/certificates/probe.ts';
import { systemClock, type Clock } from '../../../src/common/clock.ts';
import type { Logger } from '../../../src/common/logger.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import { freePort } from '../../../tools/base/probe.ts';
import { createAuthority } from '../../../tools/cluster/authority.ts';
import { certificatesFrom } from '../../build/certificates.ts';
import { until } from '../../contract/issuer-contract.ts';
import {
  intermediateSecret,
  putSecret,
  startIssuer,
  type IssuerWishes,
  type StartedIssuer,
} from '../../contract/start-issuer.ts';
import { makeMeshPki, type MeshPki } from '../../real/mesh-pki.ts';
import { done, startOpenBao, type OpenBao } from '../../real/openbao.ts';
import { enableKubernetesAuth, makePolicy, makeRole, makeToken } from '../../real/openbao-setup.ts';
import { sharedApiServer } from '../../shared-api-server.ts';

const hourMs = 3_600_000;
let bao: OpenBao;
let api: ApiConnection;
let mesh: MeshPki;

beforeAll(async () => {
  bao = await startOpenBao();
  api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
  mesh = await makeMeshPki(bao, api, 'provider-openbao');
}, 60_000);
afterAll(async () => {
  await api.close();
  await bao.stop();
});

const started: StartedIssuer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

/** Everything that any part wrote to a log during this file. */
const sink: string[] = [];
const write = (message: string, fields: object = {}): void => {
  sink.push(`${message} ${JSON.stringify(fields)}`);
};
const recorder: Logger = {
  ...{ error: write, warn: write, info: write, debug: write },
  with: () => recorder,
};

async function start(root: VaultRoot, wishes: Partial<IssuerWishes> = {}): Promise<StartedIssuer> {
  const one = await startIssuer(root, { namespace: mesh.namespace, logger: recorder, ...wishes });
  started.push(one);
  return one;
}

const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
const request: LeafRequest = {
  subject: { kind: 'workload', trustDomain: 'cluster.local', account },
  validityMs: hourMs,
  keyKind: 'P-256',
};

function issue({ issuer }: StartedIssuer, change: Partial<LeafRequest> = {}): Promise<Leaf> {
  return issuer.issue({ ...request, ...change }, AbortSignal.timeout(30_000));
}

/** Once it has something to say against the issuer. */
async function trouble(one: StartedIssuer): Promise<{ code: string; message: string }> {
  await until(() => one.issuer.trouble() !== undefined);
  return one.issuer.trouble()!;
}

async function ready(one: StartedIssuer): Promise<StartedIssuer> {
  await until(() => one.issuer.authority() !== undefined);
  return one;
}

describe('settings that cannot work', () => {
  interface Refusal {
    readonly what: string;
    readonly root: () => Partial<VaultRoot>;
    readonly code: string;
    readonly says: RegExp;
  }
  // prettier-ignore
  const refusals: readonly Refusal[] = [
    { what: 'an address in the clear', root: () => ({ address: bao.plainUrl }),
      code: 'issuer-misconfigured', says: /has to be https:/ },
    { what: 'an address with a path', root: () => ({ address: `${bao.url}/v1/sys/raw` }),
      code: 'issuer-misconfigured', says: /nothing more/ },
    { what: 'a Vault of another CA', root: () => ({ caBundle: { name: 'other-ca', key: 'ca.crt' } }),
      code: 'issuer-misconfigured', says: /is not trusted.*caBundleSecretRef/ },
    { what: 'a Vault that the system does not know', root: () => ({ caBundle: undefined! }),
      code: 'issuer-misconfigured', says: /is not trusted/ },
    { what: 'a CA bundle that is not there', root: () => ({ caBundle: { name: 'x', key: 'y' } }),
      code: 'issuer-misconfigured', says: /y of Secret provider-openbao\/x is not there/ },
    { what: 'a token that is not there',
      root: () => ({ auth: { kind: 'token', secret: { name: 'x', key: 'y' } } }),
      code: 'issuer-misconfigured', says: /y of Secret provider-openbao\/x, the token for Vault/ },
    { what: 'a mount that leads elsewhere', root: () => ({ mount: 'mesh/../sys' }),
      code: 'issuer-misconfigured', says: /"mesh\/..\/sys" is no path of Vault/ },
    { what: 'a role that leads elsewhere', root: () => ({ role: '../../root/x?list=true' }),
      code: 'issuer-misconfigured', says: /is no path of Vault/ },
    { what: 'a mount that the policy does not name', root: () => ({ mount: 'elsewhere' }),
      code: 'issuer-refused', says: /POST elsewhere\/sign\/mesh: 403.*lacks the capability update/ },
    { what: 'a role that is not there',
      root: () => ({ role: 'nobody', auth: { kind: 'token', secret: { name: 'root-token', key: 'token' } } }),
      code: 'issuer-misconfigured', says: /400.*see whether role nobody is there/ },
    { what: 'an issuer that is not there', root: () => ({ issuer: 'nobody' }),
      code: 'issuer-misconfigured', says: /500.*name an issuer that is there/ },
    { what: 'an auth method that is not there',
      root: () => ({ auth: { kind: 'kubernetes', mount: 'nowhere', role: 'x', audience: 'vault' } }),
      code: 'issuer-refused', says: /POST auth\/nowhere\/login: 403/ },
    { what: 'a namespace that is not there', root: () => ({ namespace: 'nowhere' }),
      code: 'issuer-misconfigured', says: /404/ },
  ];

  beforeAll(async () => {
    const { certificate } = await createAuthority('another CA');
    const { namespace } = mesh;
    await putSecret(api, { namespace, name: 'other-ca' }, { 'ca.crt': certificate });
    await putSecret(api, { namespace, name: 'root-token' }, { token: bao.rootToken });
  });

  it.each(refusals)('$what', async ({ root, code, says }) => {
    const one = await start(mesh.root(root()));
    expect(await trouble(one)).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(one.issuer.authority()).toBeUndefined();
    await expect(issue(one)).rejects.toMatchObject({ code });
    const wishes = { ...one, clock: systemClock, limitMs: 500 };
    const found = await probe(one.issuer, wishes, AbortSignal.timeout(9e3));
    expect(found).toMatchObject({ ok: false, code: expect.stringMatching(/^issuer-/) });
  });

  it('are the same in mode intermediate, and make no Secret', async () => {
    const one = await start(mesh.root({ mode: 'intermediate', mount: 'elsewhere' }));
    const { code, message } = await trouble(one);
    expect(code).toBe('issuer-refused');
    expect(message).toContain('POST elsewhere/root/sign-intermediate: 403');
    expect(await one.secret(intermediateSecret)).toBeUndefined();
  });
});

describe('a Vault that does not do as it should', () => {
  type Answer = Parameters<typeof createServer>[1];
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  /** A server in its place, known by a CA of its own. */
  async function pretend(answer: NonNullable<Answer>): Promise<Partial<VaultRoot>> {
    const authority = await createAuthority('a pretender');
    const wishes = { commonName: 'x', dnsNames: ['localhost'], addresses: ['127.0.0.1'] };
    const { certificate: cert, key } = await authority.issue(wishes);
    const server = createServer({ cert, key }, answer).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const place = { namespace: mesh.namespace, name: 'pretender-ca' };
    await putSecret(api, place, { 'ca.crt': authority.certificate });
    const { port } = server.address() as AddressInfo;
    const caBundle = { name: 'pretender-ca', key: 'ca.crt' };
    return { address: `https://127.0.0.1:${String(port)}`, caBundle };
  }

  it('is not followed to where it redirects', async () => {
    const seen: string[] = [];
    const target = await pretend((asked, response) => {
      seen.push(asked.url ?? '');
      response.end();
    });
    const root = await pretend((_asked, response) => {
      const location = `${target.address ?? ''}/v1/stolen?token=secret`;
      response.writeHead(307, { location }).end();
    });
    const { code, message } = await trouble(await start(mesh.root(root)));
    expect(code).toBe('issuer-misconfigured');
    expect(message).toContain(`307 (${target.address ?? ''}); redirects are not followed`);
    expect(message).not.toContain('secret');
    expect(seen).toEqual([]);
  });

  it.each<[string, NonNullable<Answer>, RegExp]>([
    ['does not answer', () => undefined, /no answer within 300 ms/],
    ['answers without end', (_asked, response) => void flood(response), /no answer from/],
    ['hangs up', (asked) => asked.socket.destroy(), /no answer from/],
  ])(
    '%s',
    async (_case, answer, says) => {
      const root = mesh.root(await pretend(answer));
      const one = await start(root, { times: { callMs: 300 } });
      expect(await trouble(one)).toMatchObject({
        code: 'issuer-unavailable',
        message: expect.stringMatching(says),
      });
    },
    30_000,
  );

  it('is not there', async () => {
    const address = `https://127.0.0.1:${String(await freePort())}`;
    const one = await start(mesh.root({ address }));
    expect(await trouble(one)).toMatchObject({
      code: 'issuer-unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  }, 30_000);
});

async function flood(response: { write: (text: string) => boolean; destroyed: boolean }) {
  const much = 'x'.repeat(100_000);
  while (!response.destroyed) {
    response.write(much);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('an issuer by token', () => {
  it('goes on with the next one when the first is revoked', async () => {
    const first = await makeToken(bao, mesh.policy);
    await mesh.useToken(first);
    const one = await ready(await start(mesh.root()));
    await done(bao.call('auth/token/revoke', { body: { token: first } }));
    await expect(issue(one)).rejects.toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(/403.*the token in token of Secret .*vault-token has ended/),
    });
    expect(one.issuer.trouble()).toMatchObject({ code: 'issuer-refused' });
    await mesh.useToken(await makeToken(bao, mesh.policy));
    await until(() => one.issuer.trouble() === undefined);
    await issue(one);
  });

  it('keeps a short-lived token alive, also while nothing is signed', async () => {
    const token = await makeToken(bao, mesh.policy, { period: '3s' });
    await mesh.useToken(token);
    const one = await ready(await start(mesh.root()));
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    await issue(one);
    // Whole seconds are told of it, and there may be less than one left; a token that ended gets 403.
    const { data } = await done(bao.call('auth/token/lookup-self', { token }));
    expect(data).toMatchObject({ renewable: true, period: 3 });
  }, 20_000);
});

describe('an issuer by Kubernetes auth', () => {
  it('logs in again when its token is gone, with a token for that audience alone', async () => {
    const { namespace, policy } = mesh;
    const login = await enableKubernetesAuth(bao, sharedApiServer(), { mount: 'k8s/a', namespace });
    const role = { name: 'r', namespace, serviceAccount: 'weft-control-plane', policy };
    await login.makeRole({ ...role, audience: 'only-vault' });
    const auth = { kind: 'kubernetes', mount: 'k8s/a', role: 'r', audience: 'only-vault' } as const;
    const one = await ready(await start(mesh.root({ auth })));
    const { data } = await done(bao.call('auth/token/accessors', { method: 'LIST' as 'GET' }));
    const accessors = data['keys'] as string[];
    for (const accessor of accessors) {
      const { data: found } = await bao.call('auth/token/lookup-accessor', { body: { accessor } });
      if (String(found['path']).startsWith('auth/k8s/a'))
        await done(bao.call('auth/token/revoke-accessor', { body: { accessor } }));
    }
    await issue(one);
    expect(one.issuer.trouble()).toBeUndefined();

    const wrong = await start(mesh.root({ auth: { ...auth, audience: 'another' } }));
    expect(await trouble(wrong)).toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(/auth\/k8s\/a\/login: 403.*the audience another/),
    });
  }, 30_000);
});

describe('an issuer whose Vault has a bad day', () => {
  it('waits while Vault is sealed, and says so', async () => {
    await mesh.useToken(await makeToken(bao, mesh.policy));
    const one = await ready(await start(mesh.root()));
    await bao.seal();
    try {
      await expect(issue(one)).rejects.toMatchObject({
        code: 'issuer-unavailable',
        message: expect.stringContaining('503'),
      });
      expect(one.issuer.trouble()?.message).toContain('Vault is sealed or not ready');
      expect(one.issuer.authority()).toBeDefined();
    } finally {
      await bao.unseal();
    }
    await until(() => one.issuer.trouble() === undefined, 60_000);
    await issue(one);
  }, 90_000);

  it('keeps to the rate that Vault allows', async () => {
    const one = await ready(await start(mesh.root()));
    const quota = 'sys/quotas/rate-limit/mesh';
    const path = `${mesh.pki.mount}/`;
    await done(bao.call(quota, { body: { path, rate: 2, interval: '2s' } }));
    try {
      const began = Date.now();
      const leaves = await Promise.all(Array.from({ length: 6 }, () => issue(one)));
      expect(new Set(leaves.map(({ certificateChain }) => certificateChain)).size).toBe(6);
      expect(Date.now() - began).toBeGreaterThan(1_500);
    } finally {
      await done(bao.call(quota, { method: 'DELETE' }));
    }
  }, 40_000);
});

describe('what an engine gives', () => {
  it('is refused when its chain does not come to a root', async () => {
    const mount = 'mesh/rootless';
    await done(bao.call(`sys/mounts/${mount}`, { body: { type: 'pki' } }));
    const csr = await done(
      bao.call(`${mount}/intermediate/generate/internal`, { body: { common_name: 'a middle' } }),
    );
    const signed = await done(
      bao.call(`${mesh.pki.mount}/root/sign-intermediate`, {
        body: { csr: csr.data['csr'], common_name: 'a middle', ttl: '24h' },
      }),
    );
    const { certificate } = signed.data;
    await done(bao.call(`${mount}/intermediate/set-signed`, { body: { certificate } }));
    await makeRole(bao, `${mount}/roles/mesh`);
    await mesh.useToken(bao.rootToken);
    const rootless = mesh.root({ mount });
    expect(await trouble(await start(rootless))).toMatchObject({
      code: 'issuer-misconfigured',
      message: expect.stringMatching(/^chain-without-root: .*it names no root/),
    });
    // A root that was recorded is known, whether or not the engine names it.
    const pinned = await ready(await start(rootless, { pinnedRoots: mesh.pki.root }));
    const chain = certificatesFrom((await issue(pinned)).certificateChain);
    expect(chain.map(({ ca }) => ca)).toEqual([false, true]);
  });

  it('is noted when it lives shorter than asked, and refused when too short', async () => {
    const roles = `${mesh.pki.mount}/roles`;
    await makeRole(bao, `${roles}/hour`, { maxTtl: '1h' });
    await makeRole(bao, `${roles}/minutes`, { maxTtl: '5m' });
    await mesh.useToken(bao.rootToken);
    const look = async (role: string) => {
      const one = await start(mesh.root({ role }));
      return probe(one.issuer, { ...one, clock: systemClock }, AbortSignal.timeout(20_000));
    };
    expect(await look('hour')).toMatchObject({
      ok: true,
      authority: { bundle: { pem: mesh.pki.root.trim() + '\n' } },
      skewMs: 0,
      notes: [expect.stringMatching(/^leaves live (59|60) min, not the 1440 min asked for$/)],
    });
    expect(await look('minutes')).toMatchObject({
      ok: false,
      code: 'issuer-misconfigured',
      message: expect.stringMatching(/10 min are the least/),
    });
  });

  it.each([
    ['drops names', 'names-wrong', { use_csr_sans: false }],
    ['lets nobody be a client', 'usage-missing', { client_flag: false }],
    ['lets nothing be signed', 'usage-missing', { key_usage: ['KeyAgreement'] }],
  ])('is refused when the role %s', async (_case, fault, change) => {
    const body = {
      ...{ key_type: 'any', allow_any_name: true, enforce_hostnames: false, require_cn: false },
      ...{ allowed_uri_sans: ['spiffe://*'], max_ttl: '24h', ...change },
    };
    await done(bao.call(`${mesh.pki.mount}/roles/odd`, { body }));
    await mesh.useToken(bao.rootToken);
    expect(await trouble(await start(mesh.root({ role: 'odd' })))).toMatchObject({
      code: 'issuer-misconfigured',
      message: expect.stringMatching(`^${fault}: `),
    });
  });
});

describe('an intermediate of Vault', () => {
  const ahead = { ms: 0 };
  const clock: Clock = {
    now: () => Date.now() + ahead.ms,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  };
  afterEach(() => {
    ahead.ms = 0;
  });

  it('is shared by replicas, renewed by one of them, and leaves no leaf without trust', async () => {
    const own = await makeMeshPki(bao, api, 'provider-renewal');
    const root = own.root({ mode: 'intermediate', issuer: 'root-1' });
    const wishes = { namespace: own.namespace, clock };
    const replicas = await Promise.all([1, 2, 3].map(() => start(root, wishes)));
    const signers = (): (string | undefined)[] =>
      replicas.map(({ issuer }) => issuer.authority()?.signer);
    await until(() => signers().every((one) => one !== undefined));
    const [before] = signers();
    expect(new Set(signers()).size).toBe(1);
    const { notAfter } = replicas[0]!.issuer.authority()!;
    expect(notAfter - Date.now()).toBeGreaterThan(6.9 * 24 * hourMs);
    const old = await issue(replicas[0]!, { validityMs: 200 * hourMs });
    expect(old.notAfter).toBeLessThanOrEqual(notAfter);

    ahead.ms = 5.5 * 24 * hourMs;
    await putSecret(api, { namespace: own.namespace, name: intermediateSecret }, {});
    await until(() => signers().every((one) => one !== before && one === signers()[0]), 70_000);
    const { bundle } = replicas[1]!.issuer.authority()!;
    expect(bundle.pem).toBe(certificatesFrom(own.pki.root)[0]!.pem);
    const wished = { ...request, validityMs: 200 * hourMs };
    expect(problemOfIssued(old, wished, { bundle, now: clock.now() })).toBeUndefined();
    const next = await issue(replicas[2]!);
    expect(problemOfIssued(next, request, { bundle, now: clock.now() })).toBeUndefined();
  }, 100_000);

  it('is of the wished key, under a root of another', async () => {
    const own = await makeMeshPki(bao, api, 'provider-rsa');
    const key = { algorithm: 'RSA', bits: 2048 } as const;
    const root = own.root({ mode: 'intermediate' });
    const one = await ready(await start(root, { namespace: own.namespace, key }));
    const found = await probe(one.issuer, { ...one, clock: systemClock }, AbortSignal.timeout(9e3));
    expect(found).toMatchObject({
      ok: true,
      authority: {
        bundle: { roots: [{ fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
      },
    });
    const leaf = await issue(one, { keyKind: 'RSA-2048' });
    const types = certificatesFrom(leaf.certificateChain).map(
      ({ publicKey }) => publicKey.asymmetricKeyType,
    );
    expect(types).toEqual(['rsa', 'rsa']);
  });
});

describe('a recorded root', () => {
  it.each(['leaf', 'intermediate'] as const)('stays in force in mode %s', async (mode) => {
    const own = await makeMeshPki(bao, api, `provider-pinned-${mode}`);
    const wishes = { namespace: own.namespace, pinnedRoots: own.pki.root, times: { lookMs: 200 } };
    const one = await ready(await start(own.root({ mode }), wishes));
    const good = one.issuer.authority()!;
    const next = await own.pki.replaceRoot();
    if (mode === 'intermediate') await one.removeSecret(intermediateSecret);
    await until(() => one.issuer.trouble() !== undefined);
    const { code, message } = one.issuer.trouble()!;
    expect(code).toBe('root-changed');
    for (const pem of [own.pki.root, next])
      expect(message).toContain(certificatesFrom(pem)[0]!.fingerprint);
    expect(one.issuer.authority()).toMatchObject({ signer: good.signer, bundle: good.bundle });
    if (mode === 'intermediate') {
      expect((await issue(one)).signer).toBe(good.signer);
      const fresh = await start(own.root({ mode }), wishes);
      expect(await trouble(fresh)).toMatchObject({ code: 'root-changed' });
    } else await expect(issue(one)).rejects.toMatchObject({ code: 'root-changed' });
  });
});

it('wrote no key, token or request to any log', async () => {
  const policy = await makePolicy(bao, 'nothing', ['nothing']);
  expect(policy).toBe('nothing');
  expect(sink.length).toBeGreaterThan(20);
  expect(sink.join('\n')).not.toMatch(/PRIVATE KEY|BEGIN|s\.[A-Za-z0-9]{20}|eyJ/);
});

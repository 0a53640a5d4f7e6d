import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kinds } from '../../../src/api/kinds.ts';
import type { Certificate } from '../../../src/certificates/x509/certificate.ts';
import { certificatesFrom } from '../../build/certificates.ts';
import {
  conditionOf,
  isReady,
  pemFrom,
  startCertManager,
  type CertManager,
  type CertManagerObject,
} from '../../real/cert-manager.ts';
import { makeCaIssuer, type CaIssuer } from '../../real/cert-manager-setup.ts';
import { makeCsr } from '../../real/csr.ts';
import { done, startOpenBao, type BaoAnswer, type OpenBao } from '../../real/openbao.ts';
import {
  enableKubernetesAuth,
  enablePki,
  makePolicy,
  makeRole,
  makeToken,
  serviceAccountToken,
  type BaoPki,
} from '../../real/openbao-setup.ts';
import { sharedApiServer } from '../../shared-api-server.ts';

// What the certificate providers stand on, asked of the real OpenBao and the real cert-manager: how
// they sign, how they refuse, and what they sign although nobody would accept it.

const namespace = 'real-issuers';
const id = 'spiffe://cluster.local/ns/shop/sa/cart';
const signIntermediate = 'pki/root/sign-intermediate';
const signLeaf = 'pki/sign/mesh';
const hourMs = 3_600_000;

let bao: OpenBao;
let pki: BaoPki;
/** The policies that allow one path each. */
let mayIntermediate: string;
let mayLeaf: string;
let caCsr: string;
let leafCsr: string;

beforeAll(async () => {
  bao = await startOpenBao();
  pki = await enablePki(bao);
  await makeRole(bao, 'pki/roles/mesh');
  mayIntermediate = await makePolicy(bao, 'intermediate', [signIntermediate]);
  mayLeaf = await makePolicy(bao, 'leaf', [signLeaf]);
  caCsr = await makeCsr({ commonName: 'an intermediate' });
  leafCsr = await makeCsr({ uris: [id] });
}, 60_000);
afterAll(() => bao.stop());

function one(pem: string): Certificate {
  const [certificate, ...others] = certificatesFrom(pem);
  expect(others).toEqual([]);
  return certificate!;
}

function signed({ status, errors, data }: BaoAnswer): Certificate {
  expect({ status, errors }).toEqual({ status: 200, errors: [] });
  return one(String(data['certificate']));
}

const intermediate = (change: object = {}): object => ({
  csr: caCsr,
  common_name: 'an intermediate',
  ttl: '24h',
  max_path_length: 0,
  ...change,
});
const leaf = (change: object = {}): object => ({ csr: leafCsr, ttl: '1h', ...change });

describe('OpenBao signs', () => {
  it('an intermediate CA, for a token that may do that and nothing else', async () => {
    const token = await makeToken(bao, mayIntermediate);
    const answer = await bao.call(signIntermediate, { token, body: intermediate() });
    const ca = signed(answer);
    expect(ca).toMatchObject({ ca: true, pathLength: 0 });
    expect(ca.signedWith(one(pki.root).publicKey)).toBe(true);
    const chain = (answer.data['ca_chain'] as string[]).flatMap(certificatesFrom);
    expect(chain.map(({ fingerprint }) => fingerprint)).toEqual([
      ca.fingerprint,
      one(pki.root).fingerprint,
    ]);
    const refused = await bao.call(signLeaf, { token, body: leaf() });
    expect(refused.status).toBe(403);
  });

  it('a leaf with the names of its CSR, whatever the call says', async () => {
    const token = await makeToken(bao, mayLeaf);
    const uri = 'spiffe://cluster.local/ns/shop/sa/other';
    const given = signed(await bao.call(signLeaf, { token, body: leaf({ uri_sans: uri }) }));
    expect(given).toMatchObject({ ca: false, altNames: { uris: [id], dnsNames: [], others: 0 } });
    expect(given.notBefore).toBeLessThan(Date.now() - 25_000);
  });

  it('a leaf for as long as its role allows, with a warning', async () => {
    const answer = await bao.call(signLeaf, { body: leaf({ ttl: '1000h' }) });
    expect(signed(answer).notAfter).toBeLessThan(Date.now() + 73 * hourMs);
    expect(answer.warnings.join()).toContain('longer than permitted');
  });

  it('an intermediate that outlives its root and may sign CAs, when asked carelessly', async () => {
    const careless = intermediate({ ttl: '87600h', max_path_length: undefined });
    const ca = signed(await bao.call(signIntermediate, { body: careless }));
    expect(ca.pathLength).toBeUndefined();
    expect(ca.notAfter).toBeGreaterThan(one(pki.root).notAfter);
  });

  it('under a new root from when it is made', async () => {
    const other = await enablePki(bao, { mount: 'other/pki' });
    const next = one(await other.replaceRoot());
    const body = intermediate();
    const ca = signed(await bao.call('other/pki/root/sign-intermediate', { body }));
    expect(ca.signedWith(next.publicKey)).toBe(true);
    expect(ca.signedWith(one(other.root).publicKey)).toBe(false);
  });

  it('in a namespace, whose tokens and engines are its own', async () => {
    await done(bao.call('sys/namespaces/team', { method: 'POST' }));
    const there = await enablePki(bao, { namespace: 'team', keyType: 'rsa' });
    const asked = { namespace: 'team', body: intermediate() };
    const ca = signed(await bao.call(signIntermediate, asked));
    expect(ca.signedWith(one(there.root).publicKey)).toBe(true);
    const token = await makeToken(bao, mayIntermediate);
    expect((await bao.call(signIntermediate, { ...asked, token })).status).toBe(403);
  });
});

describe('a token of OpenBao', () => {
  it('lives on by renewal alone', async () => {
    const [kept, left] = [
      await makeToken(bao, mayLeaf, { period: '3s' }),
      await makeToken(bao, mayLeaf, { period: '3s' }),
    ];
    const status = async (token: string): Promise<number> =>
      (await bao.call(signLeaf, { token, body: leaf() })).status;
    expect(await status(left)).toBe(200);
    const end = Date.now() + 15_000;
    while ((await status(left)) === 200 && Date.now() < end) {
      const { auth } = await done(
        bao.call('auth/token/renew-self', { method: 'POST', token: kept }),
      );
      expect(auth).toMatchObject({ renewable: true, lease_duration: 3 });
      await sleep(300);
    }
    expect(await status(left)).toBe(403);
    expect(await status(kept)).toBe(200);
  }, 30_000);

  it('is given to a service account that the API server vouches for', async () => {
    const apiServer = sharedApiServer();
    const auth = await enableKubernetesAuth(bao, apiServer, { namespace });
    const account = { namespace, name: 'weft', audience: 'openbao' };
    const role = { ...account, name: 'mesh', serviceAccount: 'openbao', policy: mayLeaf };
    await auth.makeRole(role);
    const login = async (jwt: Promise<string>, name = 'mesh'): Promise<BaoAnswer> =>
      bao.call('auth/kubernetes/login', { token: '', body: { role: name, jwt: await jwt } });
    const token = (audience: string, name = 'openbao'): Promise<string> =>
      serviceAccountToken(apiServer, { namespace, name, audience });

    const { auth: given } = await done(login(token('openbao')));
    expect(given).toMatchObject({ renewable: true, lease_duration: 3600 });
    const used = { token: String(given['client_token']), body: leaf() };
    expect(signed(await bao.call(signLeaf, used)).altNames.uris).toEqual([id]);

    expect(await login(token('elsewhere'))).toMatchObject({ status: 403 });
    expect(await login(Promise.resolve('not.a.token'))).toMatchObject({ status: 403 });
    expect(await login(token('openbao'), 'nobody')).toMatchObject({ status: 400 });
    await auth.makeRole({ ...role, name: 'stranger', serviceAccount: 'stranger' });
    expect(await login(token('openbao'), 'stranger')).toMatchObject({ status: 403 });

    await auth.pointAt('https://127.0.0.1:1');
    const answer = await login(token('openbao'));
    expect(answer).toMatchObject({ status: 403, errors: ['permission denied'] });
    await auth.pointAt(apiServer.url);
    expect((await login(token('openbao'))).status).toBe(200);
  }, 30_000);
});

describe('OpenBao refuses', () => {
  const ask = async (
    path: string,
    policy: 'leaf' | 'intermediate' | 'root',
    body: object,
  ): Promise<BaoAnswer> => {
    const token = policy === 'root' ? bao.rootToken : await makeToken(bao, policy);
    return bao.call(path, { token, body });
  };
  interface Refusal {
    readonly what: string;
    readonly ask: () => Promise<BaoAnswer>;
    readonly status: number;
    readonly says: RegExp;
  }
  const foreign = (): Promise<string> => makeCsr({ uris: ['spiffe://other/ns/a/sa/b'] });
  // prettier-ignore
  const refusals: readonly Refusal[] = [
    { what: 'an unknown role', status: 400, says: /unknown role: x/,
      ask: () => ask('pki/sign/x', 'root', leaf()) },
    { what: 'an unknown role, to a token for another', status: 403, says: /permission denied/,
      ask: () => ask('pki/sign/x', 'leaf', leaf()) },
    { what: 'an unknown issuer', status: 500, says: /unable to find PKI issuer/,
      ask: () => ask('pki/issuer/x/sign/mesh', 'root', leaf()) },
    { what: 'an unknown mount', status: 404, says: /no handler for route/,
      ask: () => ask('x/sign/mesh', 'root', leaf()) },
    { what: 'an unknown mount, to a token for another', status: 403, says: /permission denied/,
      ask: () => ask('x/sign/mesh', 'leaf', leaf()) },
    { what: 'an unknown namespace', status: 404, says: /namespace not found/,
      ask: () => bao.call(signLeaf, { namespace: 'x', body: leaf() }) },
    { what: 'another path than the policy names', status: 403, says: /permission denied/,
      ask: () => ask('pki/root/generate/internal', 'intermediate', intermediate()) },
    { what: 'no token', status: 403, says: /permission denied/,
      ask: () => bao.call(signLeaf, { token: '', body: leaf() }) },
    { what: 'an expired token', status: 403, says: /permission denied/, ask: expired },
    { what: 'a revoked token', status: 403, says: /permission denied/, ask: revoked },
    { what: 'to renew what is not renewable', status: 400, says: /not renewable/,
      ask: renewUnrenewable },
    { what: 'a name outside the trust domain', status: 400, says: /not valid for this role/,
      ask: async () => ask(signLeaf, 'leaf', leaf({ csr: await foreign() })) },
    { what: 'more calls than a quota allows', status: 429, says: /rate limit quota exceeded/,
      ask: tooMany },
    { what: 'what is no CSR', status: 400, says: /csr contains no data/,
      ask: () => ask(signLeaf, 'leaf', leaf({ csr: 'x' })) },
  ];
  it.each(refusals)('$what', async ({ ask: refused, status, says }) => {
    const answer = await refused();
    expect(answer.status).toBe(status);
    expect(answer.errors.join()).toMatch(says);
  });

  it('everything while it is sealed, and nothing once it is not', async () => {
    const token = await makeToken(bao, mayLeaf);
    const status = async (path: string, body?: object): Promise<number> =>
      (await bao.call(path, { token, body })).status;
    await bao.seal();
    try {
      const answer = await bao.call(signLeaf, { token, body: leaf() });
      expect(answer).toMatchObject({ status: 503, errors: [expect.stringContaining('sealed')] });
      expect(await status('auth/token/renew-self', {})).toBe(503);
      expect(await status('pki/cert/ca')).toBe(503);
      expect(await status('sys/health')).toBe(503);
    } finally {
      await bao.unseal();
    }
    expect(await status(signLeaf, leaf())).toBe(200);
  });

  async function expired(): Promise<BaoAnswer> {
    const token = await makeToken(bao, mayLeaf, { lifetime: '1s' });
    const end = Date.now() + 10_000;
    for (;;) {
      const answer = await bao.call(signLeaf, { token, body: leaf() });
      if (answer.status !== 200 || Date.now() > end) return answer;
      await sleep(100);
    }
  }

  async function tooMany(): Promise<BaoAnswer> {
    const quota = 'sys/quotas/rate-limit/few';
    await done(bao.call(quota, { body: { path: 'pki/', rate: 1, interval: '1m' } }));
    try {
      await done(bao.call(signLeaf, { body: leaf() }));
      return await bao.call(signLeaf, { body: leaf() });
    } finally {
      await done(bao.call(quota, { method: 'DELETE' }));
    }
  }

  async function revoked(): Promise<BaoAnswer> {
    const token = await makeToken(bao, mayLeaf);
    await done(bao.call('auth/token/revoke', { body: { token } }));
    return bao.call(signLeaf, { token, body: leaf() });
  }

  async function renewUnrenewable(): Promise<BaoAnswer> {
    const body = { policies: [mayLeaf], renewable: false, ttl: '1m' };
    const { auth } = await done(bao.call('auth/token/create', { body }));
    const token = String(auth['client_token']);
    return bao.call('auth/token/renew-self', { method: 'POST', token });
  }
});

describe('the OpenBao of a test', () => {
  it('is known by its own CA, under https alone', async () => {
    const health = '/v1/sys/health';
    const agents = [new Agent({ connect: { ca: bao.ca } }), new Agent()] as const;
    const [knows, strange] = agents;
    const { statusCode, body } = await request(bao.url + health, { dispatcher: knows });
    expect(statusCode).toBe(200);
    await body.dump();
    await expect(request(bao.url + health, { dispatcher: strange })).rejects.toThrow(/certificate/);
    const plain = await request(bao.plainUrl + health, { dispatcher: strange });
    expect(plain.statusCode).toBe(200);
    await plain.body.dump();
    await Promise.all(agents.map((agent) => agent.destroy()));
  });

  it('dies with a killed run, whose folder the next one clears', async () => {
    const script = [
      `const { openRunFolder } = await import(${JSON.stringify(join(import.meta.dirname, '../../real/run-folder.ts'))});`,
      "const folder = await openRunFolder('killed');",
      "const { pid } = await folder.start('sleep', ['sleep', '60']);",
      'console.log(JSON.stringify({ path: folder.path, pid })); setInterval(() => {}, 1000);',
    ].join('\n');
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { path, pid } = JSON.parse(String(line)) as { path: string; pid: number };
    const running = (): boolean => existsSync(`/proc/${String(pid)}/exe`);
    expect(running()).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { openRunFolder } = await import('../../real/run-folder.ts');
    const next = await openRunFolder('killed');
    expect(dirname(next.path)).toBe(dirname(path));
    expect([existsSync(path), running()]).toEqual([false, false]);
    await next.clear();
    expect(existsSync(next.path)).toBe(false);
  });
});

describe('cert-manager', () => {
  let manager: CertManager;
  let top: CaIssuer;
  let root: Certificate;
  let asked = 0;
  const ends = ['server auth', 'client auth'];

  beforeAll(async () => {
    manager = await startCertManager(sharedApiServer());
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    const options = { fieldManager: 'weft-test', force: true };
    await manager.api.apply(kinds.namespace, object, options, AbortSignal.timeout(10_000));
    top = await makeCaIssuer(manager, { name: 'ca', namespace });
    root = one(top.certificate);
  }, 90_000);
  afterAll(() => manager.stop());

  interface Request {
    readonly request: string;
    readonly issuerRef?: object;
    readonly isCA?: boolean;
    readonly usages?: readonly string[];
    readonly duration?: string;
  }

  /** A CertificateRequest, once cert-manager has said something of it for which `holds`. */
  async function sign(
    { request: csr, ...spec }: Request,
    holds: (object: CertManagerObject) => boolean = isReady,
  ): Promise<CertManagerObject> {
    asked += 1;
    const place = { namespace, name: `request-${String(asked)}` };
    const encoded = Buffer.from(csr).toString('base64');
    const usages = ['digital signature', ...ends];
    const whole = { issuerRef: top.issuerRef, duration: '1h', usages, request: encoded, ...spec };
    await manager.apply('certificateRequest', { ...place, spec: whole });
    return manager.until('certificateRequest', place, holds);
  }

  it('signs a leaf that keeps its SPIFFE ID', async () => {
    const { status } = await sign({ request: leafCsr });
    const given = one(pemFrom(status?.certificate));
    expect(given).toMatchObject({
      ca: false,
      altNames: { uris: [id], dnsNames: [], others: 0 },
      keyUsage: new Set([0]),
    });
    expect(given.extendedKeyUsage?.size).toBe(2);
    expect(given.signedWith(root.publicKey)).toBe(true);
  });

  it('hands out the chain up to its root, and the root apart', async () => {
    const wishes = { name: 'middle', namespace, signer: top.issuerRef };
    const { issuerRef } = await makeCaIssuer(manager, wishes);
    const { status } = await sign({ request: leafCsr, issuerRef });
    const chain = certificatesFrom(pemFrom(status?.certificate));
    expect(chain.map((certificate) => certificate.ca)).toEqual([false, true]);
    expect(chain[0]!.signedWith(chain[1]!.publicKey)).toBe(true);
    expect(one(pemFrom(status?.ca)).fingerprint).toBe(root.fingerprint);
  });

  it('signs an intermediate CA, and forgets how long a path was asked for', async () => {
    const csr = await makeCsr({ commonName: 'an intermediate', ca: { pathLength: 0 } });
    const { status } = await sign({ request: csr, isCA: true, usages: ['cert sign', 'crl sign'] });
    const given = one(pemFrom(status?.certificate));
    expect(given).toMatchObject({ ca: true, pathLength: undefined, keyUsage: new Set([5, 6]) });
    expect(given.signedWith(root.publicKey)).toBe(true);
  });

  it('signs a leaf that outlives its root, when asked carelessly', async () => {
    const { status } = await sign({ request: leafCsr, duration: '876000h' });
    expect(one(pemFrom(status?.certificate)).notAfter).toBeGreaterThan(root.notAfter);
  });

  it('signs for any namespace with a CA of its own one, and soon with the next', async () => {
    const { issuerRef, certificate, replace } = await makeCaIssuer(manager, { name: 'mesh-ca' });
    const first = await sign({ request: leafCsr, issuerRef });
    const next = await replace();
    let second = await sign({ request: leafCsr, issuerRef });
    for (let tries = 0; pemFrom(second.status?.ca) === certificate && tries < 20; tries += 1)
      second = await sign({ request: leafCsr, issuerRef });
    expect(next).not.toBe(certificate);
    expect(pemFrom(first.status?.ca)).toBe(certificate);
    expect(pemFrom(second.status?.ca)).toBe(next);
    const signer = one(next).publicKey;
    expect(one(pemFrom(second.status?.certificate)).signedWith(signer)).toBe(true);
  });

  it('signs by OpenBao, over https with its CA', async () => {
    const place = { namespace, name: 'vault' };
    const stringData = { token: await makeToken(bao, mayLeaf) };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: place, stringData };
    await manager.api.create(kinds.secret, secret, AbortSignal.timeout(10_000));
    const vault = {
      server: bao.url,
      caBundle: Buffer.from(bao.ca).toString('base64'),
      path: signLeaf,
      auth: { tokenSecretRef: { name: 'vault', key: 'token' } },
    };
    await manager.apply('issuer', { ...place, spec: { vault } });
    await manager.until('issuer', place, isReady);
    const { status } = await sign({
      request: leafCsr,
      issuerRef: { ...top.issuerRef, name: 'vault' },
    });
    const given = one(pemFrom(status?.certificate));
    expect(given.signedWith(one(pki.root).publicKey)).toBe(true);
    expect(given.altNames.uris).toEqual([id]);
  });

  interface Outcome {
    readonly what: string;
    readonly csr: () => string | Promise<string>;
    readonly issuer?: string;
    readonly reason: string;
    readonly says: RegExp;
  }
  // prettier-ignore
  const outcomes: readonly Outcome[] = [
    { what: 'waits for an issuer that is not there', reason: 'Pending', says: /"x" not found/,
      csr: () => leafCsr, issuer: 'x' },
    { what: 'fails what is no CSR', reason: 'Failed', says: /no PEM data/, csr: () => 'x' },
    { what: 'fails a CSR for a CA where a leaf was asked', reason: 'Failed', says: /IsCA/,
      csr: () => makeCsr({ commonName: 'x', ca: { pathLength: 0 } }) },
    { what: 'fails another key usage in the CSR than beside it', reason: 'Failed', says: /usage/i,
      csr: () => makeCsr({ uris: [id], keyUsage: 'keyEncipherment' }) },
  ];
  it.each(outcomes)('$what', async ({ csr, issuer = 'ca', reason, says }) => {
    const wanted = { request: await csr(), issuerRef: { ...top.issuerRef, name: issuer } };
    const given = await sign(wanted, (object) => conditionOf(object, 'Ready') !== undefined);
    const ready = conditionOf(given, 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason });
    expect(ready?.message).toMatch(says);
    expect(given.status?.certificate).toBeUndefined();
  });

  it('approves what an issuer of another group is to sign, and leaves it to that', async () => {
    const issuerRef = { name: 'x', kind: 'Signer', group: 'issuers.example.com' };
    const given = await sign(
      { request: leafCsr, issuerRef },
      (object) => conditionOf(object, 'Approved') !== undefined,
    );
    expect(given.status?.conditions).toHaveLength(1);
    expect(conditionOf(given, 'Approved')).toMatchObject({ status: 'True' });
  });
});

import 'reflect-metadata';
import { createPublicKey } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { controlPlaneName } from '../../../src/api/control-plane-names.ts';
import { kinds } from '../../../src/api/kinds.ts';
import type { CertManagerRoot, RootProvider } from '../../../src/api/root-spec.ts';
import type { Leaf, LeafRequest } from '../../../src/certificates/issuer.ts';
import {
  workloadTemplate,
  type CertificateTemplate,
} from '../../../src/certificates/x509/template.ts';
import { probe } from '../../../src/certificates/probe.ts';
import { systemClock, type Clock } from '../../../src/common/clock.ts';
import { deepEqual } from '../../../src/common/equal.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import { startApiServer, type ApiServer } from '../../apiserver.ts';
import { authorityPem, makeIntermediate, makeRoot, signUnder } from '../../build/certificates.ts';
import { connectWith } from '../../contract/connect-with.ts';
import { until } from '../../contract/issuer-contract.ts';
import {
  ensureNamespace,
  intermediateSecret,
  putSecret,
  startIssuer,
  type IssuerWishes,
  type StartedIssuer,
} from '../../contract/start-issuer.ts';
import {
  isReady,
  startCertManager,
  type CertManager,
  type CertManagerObject,
} from '../../real/cert-manager.ts';
import { makeCaIssuer, type CaIssuer } from '../../real/cert-manager-setup.ts';
import { startOpenBao, type OpenBao } from '../../real/openbao.ts';
import { enablePki, makeRole, serviceAccountToken } from '../../real/openbao-setup.ts';

const namespace = 'weft-system';
const group = 'cert-manager.io';
let server: ApiServer;
let manager: CertManager;
let api: ApiConnection;
let ca: CaIssuer;

beforeAll(async () => {
  server = await startApiServer();
  api = await connect({ kubeconfig: server.kubeconfigPath });
  await ensureNamespace(api, namespace);
}, 60_000);
afterAll(async () => {
  await api.close();
  await manager.stop();
  await server.stop();
});

const started: StartedIssuer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function start(
  provider: RootProvider,
  wishes: Partial<IssuerWishes> = {},
): Promise<StartedIssuer> {
  const one = await startIssuer(provider, { namespace, api, ...wishes });
  started.push(one);
  return one;
}

const root = (name: string, mode: 'leaf' | 'intermediate', kind = 'Issuer'): CertManagerRoot => ({
  kind: 'certManager',
  issuerRef: { group, kind, name },
  mode,
});

const ownAccount = identityKey({ namespace, serviceAccount: controlPlaneName });
const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
const request: LeafRequest = {
  subject: { kind: 'workload', trustDomain: 'cluster.local', account },
  validityMs: 3_600_000,
  keyKind: 'P-256',
};
const issue = ({ issuer }: StartedIssuer): Promise<Leaf> =>
  issuer.issue(request, AbortSignal.timeout(30_000));

async function trouble(one: StartedIssuer): Promise<{ code: string; message: string }> {
  await until(() => one.issuer.trouble() !== undefined);
  return one.issuer.trouble()!;
}

async function ready(one: StartedIssuer): Promise<StartedIssuer> {
  await until(() => one.issuer.authority() !== undefined);
  return one;
}

const intermediate = { kind: kinds.secret, namespace, name: intermediateSecret };
const forgetIntermediate = (): Promise<void> =>
  api.remove(intermediate, {}, AbortSignal.timeout(5_000));

const requests = (): Promise<readonly CertManagerObject[]> =>
  api.list<CertManagerObject>(
    kinds.certificateRequest,
    { namespace, labelSelector: 'weft.dev/requested-by' },
    AbortSignal.timeout(10_000),
  );

it('says that cert-manager is not installed, and goes on when it is', async () => {
  const one = await start(root('ca', 'leaf'), { times: { lookMs: 200 } });
  expect(await trouble(one)).toMatchObject({
    code: 'issuer-misconfigured',
    message: expect.stringMatching(/Issuer ca of cert-manager.io.*is cert-manager installed\?/),
  });
  manager = await startCertManager(server);
  ca = await makeCaIssuer(manager, { name: 'ca', namespace });
  await until(() => one.issuer.trouble() === undefined, 60_000);
  expect(one.issuer.authority()?.bundle.roots).toHaveLength(1);
}, 120_000);

it('leaves no request behind, and removes those of a killed replica', async () => {
  const one = await ready(await start(root('ca', 'leaf')));
  await Promise.all(Array.from({ length: 12 }, () => issue(one)));
  for (let left = await requests(); left.length > 0; left = await requests())
    await new Promise((resolve) => setTimeout(resolve, 50));

  const metadata = { name: 'left-over', namespace, labels: { 'weft.dev/requested-by': 'dead' } };
  const spec = { issuerRef: { ...ca.issuerRef, name: 'nobody' }, request: 'eA==', duration: '1h' };
  const left: KubernetesObject & { spec: object } = {
    ...{ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', metadata, spec },
  };
  await api.create(kinds.certificateRequest, left, AbortSignal.timeout(10_000));
  const later: Clock = {
    now: () => Date.now() + 20 * 60_000,
    sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 500), signal),
  };
  await start(root('ca', 'intermediate'), { clock: later });
  for (let some = await requests(); some.length > 0; some = await requests())
    await new Promise((resolve) => setTimeout(resolve, 50));
}, 30_000);

describe('an issuer that cannot be used', () => {
  it.each(['leaf', 'intermediate'] as const)('is not there, mode %s', async (mode) => {
    const wishes = { times: { callMs: 1_500 } };
    const one = await start(root('nobody', mode, 'ClusterIssuer'), wishes);
    const { code, message } = await trouble(one);
    expect(code).toBe('issuer-unavailable');
    expect(message).toMatch(/ClusterIssuer nobody .* within 1.5 s .*not found/);
    const options = { ...one, clock: systemClock, limitMs: 500 };
    const found = await probe(one.issuer, options, AbortSignal.timeout(9_000));
    expect(found).toMatchObject({ ok: false, code: 'issuer-unavailable' });
  });

  it('has a chain that cert-manager itself calls broken', async () => {
    const middle = authorityPem(makeIntermediate(makeRoot()));
    const [certificate = ''] = middle.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const ca = makeRoot({ name: 'an old root' }).certificate.pem;
    const texts = { 'tls.crt': certificate, 'tls.key': middle.privateKey.reveal(), 'ca.crt': ca };
    const name = 'stale';
    await putSecret(api, { namespace, name }, texts);
    await manager.apply('issuer', { name, namespace, spec: { ca: { secretName: name } } });
    await manager.until('issuer', { name, namespace }, isReady);
    expect(await trouble(await start(root(name, 'leaf')))).toMatchObject({
      code: 'issuer-misconfigured',
      message: expect.stringMatching(/Issuer stale .* fails CertificateRequests: .*chain/),
    });
  });

  describe('by Vault', () => {
    let bao: OpenBao;
    beforeAll(async () => {
      bao = await startOpenBao();
      await enablePki(bao);
      await makeRole(bao, 'pki/roles/mesh');
      await putSecret(api, { namespace, name: 'bao' }, { token: bao.rootToken });
      const vault = {
        server: bao.url,
        caBundle: Buffer.from(bao.ca).toString('base64'),
        path: 'pki/sign/mesh',
        auth: { tokenSecretRef: { name: 'bao', key: 'token' } },
      };
      await manager.apply('issuer', { name: 'bao', namespace, spec: { vault } });
      await manager.until('issuer', { name: 'bao', namespace }, isReady);
    }, 30_000);
    afterAll(() => bao.stop());

    it('gives a leaf where a CA was asked for', async () => {
      await forgetIntermediate();
      const one = await start(root('bao', 'intermediate'));
      expect(await trouble(one)).toMatchObject({
        code: 'issuer-misconfigured',
        message: expect.stringMatching(/not-a-ca: Issuer bao .*choose mode leaf/),
      });
      expect(await one.secret(intermediateSecret)).toBeUndefined();
    });

    it('is of use in mode leaf', async () => {
      const one = await ready(await start(root('bao', 'leaf')));
      const options = { ...one, clock: systemClock };
      expect(await probe(one.issuer, options, AbortSignal.timeout(9_000))).toMatchObject({
        ok: true,
        notes: [],
      });
    });
  });
});

describe('an issuer of another group', () => {
  const issuerRef = { group: 'issuers.example.com', kind: 'Signer', name: 'x' };
  const provider = { kind: 'certManager', issuerRef, mode: 'leaf' } as const;
  const top = makeRoot({ name: 'the root' });
  const middle = makeIntermediate(top);
  const now = Date.now();

  type Change = (template: CertificateTemplate) => CertificateTemplate;
  interface Answer {
    readonly what: string;
    readonly change?: Change;
    readonly ca?: string;
    readonly says: RegExp;
    readonly code?: string;
  }
  // prettier-ignore
  const answers: readonly Answer[] = [
    { what: 'names an old root', ca: makeRoot().certificate.pem, says: /^chain-without-root: .*an old ca.crt/ },
    { what: 'names no root', ca: '', says: /^chain-without-root: .*names no root/ },
    { what: 'names what is no certificate', ca: 'x', says: /^chain-without-root: .*names no root/ },
    { what: 'lets it be no client', change: (one) => ({ ...one, extendedKeyUsage: ['serverAuth'] }),
      says: /^usage-missing: .*lacks clientAuth/ },
    { what: 'lets it sign nothing', change: (one) => ({ ...one, keyUsage: ['crlSign'] }),
      says: /^usage-missing: .*digital signatures/ },
    { what: 'adds a name', change: (one) => ({ ...one, uris: [...one.uris, 'spiffe://cluster.local/ns/a/sa/b'] }),
      says: /^names-wrong/ },
    { what: 'drops the SPIFFE ID', change: (one) => ({ ...one, uris: [] }), says: /^names-wrong/ },
    { what: 'gives a CA', change: (one) => ({ ...one, ca: { pathLength: 0 } }), says: /^unexpected-ca/ },
    { what: 'has a clock that is ahead by minutes', change: (one) => ({ ...one, notBefore: now + 150_000 }),
      says: /^not-yet-valid/, code: 'certificate-invalid' },
    { what: 'gives what has ended', change: (one) => ({ ...one, notAfter: now - 1_000 }),
      says: /^expired/, code: 'certificate-invalid' },
  ];

  it.each(answers)('is refused when it $what', async (answer) => {
    const { what, says, code = 'issuer-misconfigured', ...given } = answer;
    const one = await start(provider);
    await answerOne((request) => signedStatus(request, given));
    expect([what, await trouble(one)]).toEqual([
      what,
      expect.objectContaining({ code, message: expect.stringMatching(says) }),
    ]);
    expect(one.issuer.authority()).toBeUndefined();
  });

  it('is waited for when its clock is ahead by a moment', async () => {
    const one = await start(provider);
    await answerOne((request) =>
      signedStatus(request, {
        change: (template) => ({ ...template, notBefore: Date.now() + 2_000 }),
      }),
    );
    await ready(one);
    expect(one.issuer.authority()!.bundle.pem).toBe(top.certificate.pem);
  });

  it('is known by the recorded root when it names none', async () => {
    const one = await start(provider, { pinnedRoots: top.certificate.pem });
    await answerOne((request) => signedStatus(request, { ca: '' }));
    await ready(one);
  });

  it('denies, as an approver does', async () => {
    const one = await start(provider);
    const condition = { type: 'Ready', status: 'False', reason: 'Denied', message: 'not you' };
    await answerOne(() => ({ conditions: [condition] }));
    expect(await trouble(one)).toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(/was denied: not you; let requests of/),
    });
  });

  function signedStatus(
    { spec }: CertManagerObject,
    { change = (template) => template, ca = top.certificate.pem }: Omit<Answer, 'what' | 'says'>,
  ): object {
    const csr = new Pkcs10CertificateRequest(Buffer.from(String(spec['request']), 'base64'));
    const der = Buffer.from(csr.publicKey.rawData);
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const subject = { trustDomain: 'cluster.local', account: ownAccount };
    const period = { notBefore: now - 60_000, notAfter: now + 3_600_000 };
    const template = change(workloadTemplate(subject, period));
    const given = signUnder(middle, template, publicKey).pem + middle.certificate.pem;
    const conditions = [{ type: 'Ready', status: 'True', reason: 'Issued', message: '' }];
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    return { conditions, certificate: base64(given), ...(ca === '' ? {} : { ca: base64(ca) }) };
  }

  /** Plays the controller of that issuer for one request. */
  async function answerOne(status: (request: CertManagerObject) => object): Promise<void> {
    await untilSo(async () => {
      const all = await requests();
      const asked = all.find(({ spec }) => deepEqual(spec['issuerRef'], issuerRef));
      if (asked === undefined) return false;
      const { conditions = [], ...rest } = status(asked) as { conditions?: object[] };
      const lastTransitionTime = new Date().toISOString();
      const timed = conditions.map((one) => ({ ...one, lastTransitionTime }));
      const ref = { kind: kinds.certificateRequest, namespace, name: asked.metadata.name };
      const value = { status: { ...rest, conditions: timed } };
      try {
        await api.merge(ref, { value, subresource: 'status' }, AbortSignal.timeout(5_000));
        return true;
      } catch (thrown) {
        // It was the last one of an issuer that has just ended, and has taken it back.
        if (WeftError.from(thrown).code !== 'api-not-found') throw thrown;
        return false;
      }
    });
  }
});

describe('the right to make requests', () => {
  /** What docs/certificates-cert-manager.md says that the control plane has. */
  const rules = [
    {
      apiGroups: ['cert-manager.io'],
      resources: ['certificaterequests'],
      verbs: ['create', 'list', 'watch', 'delete'],
    },
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: [intermediateSecret],
      verbs: ['get', 'list', 'watch', 'patch'],
    },
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  ];

  it('is missed by name, and is all that it takes', async () => {
    await forgetIntermediate();
    const token = await serviceAccountToken(server, { namespace, name: controlPlaneName });
    const restricted = await connectWith(server, token);
    const leaf = await start(root('ca', 'leaf'), { api: restricted });
    expect(await trouble(leaf)).toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(
        /403 Forbidden .*cannot create resource "certificaterequests"/,
      ),
    });
    const place = { name: 'issues', namespace };
    const rbac = 'rbac.authorization.k8s.io';
    const role = { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: place, rules };
    const binding = {
      ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: place },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'issues' },
      subjects: [{ kind: 'ServiceAccount', namespace, name: controlPlaneName }],
    };
    const signal = AbortSignal.timeout(5_000);
    await api.create(kinds.role, role, signal);
    await api.create(kinds.roleBinding, binding, signal);
    await ready(leaf);
    await ready(await start(root('ca', 'intermediate'), { api: restricted }));
    expect(await requests()).toEqual([]);
    await Promise.all(started.splice(0).map((one) => one.stop()));
    await restricted.close();
  }, 60_000);
});

describe('a cert-manager that goes', () => {
  it('leaves the last intermediate in use, is missed, and is found again', async () => {
    const middle = await ready(await start(root('ca', 'intermediate')));
    const leaf = await ready(await start(root('ca', 'leaf'), { times: { callMs: 1_000 } }));
    await manager.stop();
    await expect(issue(leaf)).rejects.toMatchObject({
      code: 'issuer-unavailable',
      message: expect.stringContaining('nobody approved it'),
    });
    expect(leaf.issuer.trouble()).toMatchObject({ code: 'issuer-unavailable' });
    await issue(middle);
    expect(middle.issuer.trouble()).toBeUndefined();
    manager = await startCertManager(server);
    await until(() => leaf.issuer.trouble() === undefined, 60_000);
  }, 120_000);
});

describe('a recorded root', () => {
  it.each(['leaf', 'intermediate'] as const)(
    'stays in force in mode %s',
    async (mode) => {
      const name = `pinned-${mode}`;
      const issuer = await makeCaIssuer(manager, { name, namespace });
      const wishes = { pinnedRoots: issuer.certificate, times: { lookMs: 200 } };
      await forgetIntermediate();
      const one = await ready(await start(root(name, mode), wishes));
      const good = one.issuer.authority()!;
      await issuer.replace();
      await untilSo(async () => {
        if (mode === 'intermediate') await forgetIntermediate();
        return one.issuer.trouble() !== undefined;
      });
      expect(one.issuer.trouble()).toMatchObject({ code: 'root-changed' });
      expect(one.issuer.authority()!.bundle).toEqual(good.bundle);
    },
    60_000,
  );
});

async function untilSo(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to that in 20 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

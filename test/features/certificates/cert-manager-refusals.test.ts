import { beforeAll, describe, expect, it } from '@jest/globals';
import { controlPlaneName } from '../../../src/api/control-plane-names.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { probe } from '../../../src/certificates/plan/probe.ts';
import { systemClock } from '../../../src/common/clock.ts';
import {
  authorityPem,
  makeIntermediate,
  makeRoot,
} from '../../support/certificates/make-authority.ts';
import { ready, trouble } from '../../support/issuers/ask-issuer.ts';
import { connectWith } from '../../support/api-server/connect-with.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { intermediateSecret, putSecret } from '../../support/issuers/start-issuer.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { isReady } from '../../../tools/real/cert-manager.ts';
import { serviceAccountToken } from '../../../tools/real/openbao-setup.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';
import { certManagerRoot } from '../../support/issuers/cert-manager-root.ts';
import { requestsIn } from '../../support/issuers/certificate-requests.ts';
import { startSigningBao } from '../../support/issuers/signing-bao.ts';
import { startSigningCertManager } from '../../support/issuers/signing-cert-manager.ts';
import { makeVaultIssuer } from '../../support/issuers/vault-issuer.ts';
import { until } from '../../support/time/until.ts';

// The issuer of cert-manager where its Issuer is of no use, or the right to ask is missing.

const namespace = 'cert-manager-refusals';
const manager = ofFile(() => startSigningCertManager(namespace), 90_000);
const issuers = issuersOfFile(() => ({ namespace, api: manager().api }));

describe('an issuer that cannot be used', () => {
  it.each(['leaf', 'intermediate'] as const)('is not there, mode %s', async (mode) => {
    const wishes = { times: { callMs: 1_500 } };
    const one = await issuers.start(certManagerRoot('nobody', mode, 'ClusterIssuer'), wishes);
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
    await putSecret(manager().api, { namespace, name }, texts);
    await manager().apply('issuer', { name, namespace, spec: { ca: { secretName: name } } });
    await manager().until('issuer', { name, namespace }, isReady);
    expect(await trouble(await issuers.start(certManagerRoot(name, 'leaf')))).toMatchObject({
      code: 'issuer-misconfigured',
      message: expect.stringMatching(/Issuer stale .* fails CertificateRequests: .*chain/),
    });
  });

  describe('by Vault', () => {
    const bao = ofFile(startSigningBao, 60_000);
    beforeAll(async () => {
      const token = bao().rootToken;
      await makeVaultIssuer(manager(), bao(), { namespace, name: 'bao', token });
    }, 30_000);

    it('gives a leaf where a CA was asked for', async () => {
      const one = await issuers.start(certManagerRoot('bao', 'intermediate'));
      expect(await trouble(one)).toMatchObject({
        code: 'issuer-misconfigured',
        message: expect.stringMatching(/not-a-ca: Issuer bao .*choose mode leaf/),
      });
      expect(await one.secret(intermediateSecret)).toBeUndefined();
    });

    it('is of use in mode leaf', async () => {
      const one = await ready(await issuers.start(certManagerRoot('bao', 'leaf')));
      const options = { ...one, clock: systemClock };
      expect(await probe(one.issuer, options, AbortSignal.timeout(9_000))).toMatchObject({
        ok: true,
        notes: [],
      });
    });
  });
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
    const server = sharedApiServer();
    const token = await serviceAccountToken(server, { namespace, name: controlPlaneName });
    const restricted = await connectWith(server, token);
    const leaf = await issuers.start(certManagerRoot('ca', 'leaf'), { api: restricted });
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
    await manager().api.create(kinds.role, role, signal);
    await manager().api.create(kinds.roleBinding, binding, signal);
    await ready(leaf);
    await ready(await issuers.start(certManagerRoot('ca', 'intermediate'), { api: restricted }));
    await until(() => requestsIn(manager().api, namespace), {
      holds: ({ length }) => length === 0,
    });
    await issuers.stop();
    await restricted.close();
  }, 60_000);
});

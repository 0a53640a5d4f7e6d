import 'reflect-metadata';
import { createPublicKey } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { controlPlaneName } from '../../../src/api/control-plane-names.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { workloadTemplate, type CertificateTemplate } from '../../../src/x509/template.ts';
import { deepEqual } from '../../../src/common/equal.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import {
  makeIntermediate,
  makeRoot,
  signUnder,
} from '../../support/certificates/make-authority.ts';
import { ready, trouble } from '../../support/issuers/ask-issuer.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { ensureNamespace, type StartedIssuer } from '../../support/issuers/start-issuer.ts';
import { installDefinitions, type CertManagerObject } from '../../../tools/real/cert-manager.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';
import { requestsIn } from '../../support/issuers/certificate-requests.ts';
import { until } from '../../support/time/until.ts';

// An issuer whose controller is not cert-manager's, and is played here: cert-manager's kinds alone
// are needed for it.

const namespace = 'foreign-issuer';
const account = identityKey({ namespace, serviceAccount: controlPlaneName });
let api: ApiConnection;

beforeAll(async () => {
  const { kubeconfigPath } = sharedApiServer();
  api = await connect({ kubeconfig: kubeconfigPath });
  await installDefinitions(kubeconfigPath, api);
  await ensureNamespace(api, namespace);
}, 60_000);
afterAll(() => api.close());

const issuers = issuersOfFile(() => ({ namespace, api }));

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
    { what: 'names an old root', ca: makeRoot().certificate.pem, says: /^chain-without-root: .*ca.crt out of date/ },
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

  it.each(answers)('is refused when it $what', async (answered) => {
    const { what, says, code = 'issuer-misconfigured', ...given } = answered;
    const one = await issuers.start(provider);
    await answer(one, (request) => signedStatus(request, given));
    expect([what, await trouble(one)]).toEqual([
      what,
      expect.objectContaining({ code, message: expect.stringMatching(says) }),
    ]);
    expect(one.issuer.authority()).toBeUndefined();
  });

  it('is waited for when its clock is ahead by a moment', async () => {
    const one = await issuers.start(provider);
    await answer(one, (request) =>
      signedStatus(request, {
        change: (template) => ({ ...template, notBefore: Date.now() + 2_000 }),
      }),
    );
    await ready(one);
    expect(one.issuer.authority()!.bundle.pem).toBe(top.certificate.pem);
  });

  it('is known by the recorded root when it names none', async () => {
    const one = await issuers.start(provider, { pinnedRoots: top.certificate.pem });
    await answer(one, (request) => signedStatus(request, { ca: '' }));
    await ready(one);
  });

  it('denies, as an approver does', async () => {
    const one = await issuers.start(provider);
    const condition = { type: 'Ready', status: 'False', reason: 'Denied', message: 'not you' };
    await answer(one, () => ({ conditions: [condition] }));
    expect(await trouble(one)).toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(/was denied: not you; allow the requests of/),
    });
  });

  function signedStatus(
    { spec }: CertManagerObject,
    { change = (template) => template, ca = top.certificate.pem }: Omit<Answer, 'what' | 'says'>,
  ): object {
    const csr = new Pkcs10CertificateRequest(Buffer.from(String(spec['request']), 'base64'));
    const der = Buffer.from(csr.publicKey.rawData);
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const subject = { trustDomain: 'cluster.local', account };
    const period = { notBefore: now - 60_000, notAfter: now + 3_600_000 };
    const template = change(workloadTemplate(subject, period));
    const given = signUnder(middle, template, publicKey).pem + middle.certificate.pem;
    const conditions = [{ type: 'Ready', status: 'True', reason: 'Issued', message: '' }];
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    return { conditions, certificate: base64(given), ...(ca === '' ? {} : { ca: base64(ca) }) };
  }

  /**
   * Plays the controller of that issuer until `one` can sign or says why not. It answers every request once, for
   * the last request of an issuer that has just ended may still be there.
   */
  async function answer(
    { issuer }: StartedIssuer,
    status: (request: CertManagerObject) => object,
  ): Promise<void> {
    const answered = new Set<string | undefined>();
    await until(
      async () => {
        for (const asked of await requestsIn(api, namespace)) {
          const isOurs = deepEqual(asked.spec['issuerRef'], issuerRef);
          if (!isOurs || answered.has(asked.metadata.uid)) continue;
          answered.add(asked.metadata.uid);
          await answerOne(asked, status(asked));
        }
        return issuer.lastFailure() ?? issuer.authority();
      },
      { what: 'an issuer that can sign or says why not', withinMs: 20_000 },
    );
  }

  async function answerOne({ metadata }: CertManagerObject, status: object): Promise<void> {
    const { conditions = [], ...rest } = status as { conditions?: object[] };
    const lastTransitionTime = new Date().toISOString();
    const timed = conditions.map((one) => ({ ...one, lastTransitionTime }));
    const ref = { kind: kinds.certificateRequest, namespace, name: metadata.name };
    const value = { status: { ...rest, conditions: timed } };
    try {
      await api.merge(ref, { value, subresource: 'status' }, AbortSignal.timeout(5_000));
    } catch (thrown) {
      // The issuer that made it has taken it back.
      if (WeftError.from(thrown).code !== 'api-not-found') throw thrown;
    }
  }
});

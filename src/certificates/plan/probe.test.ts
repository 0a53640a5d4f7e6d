import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  makeRoot,
  signUnder,
  type TestAuthority,
} from '../../../test/support/certificates/make-authority.ts';
import { ecKeys } from '../../../test/support/keys/test-keys.ts';
import { FakeClock } from '../../../test/support/time/fake-clock.ts';
import { FakeIssuer } from '../../../test/support/issuers/fake-issuer.ts';
import type { RootSpec } from '../../api/root-spec.ts';
import { WeftError } from '../../common/errors.ts';
import { Secret } from '../../common/secret.ts';
import type { Issuer, Leaf, LeafRequest } from '../issuer.ts';
import { probe, type ProbeFacts, type ProbeRefusal } from './probe.ts';
import { templateOf } from '../signing-authority.ts';
import { trustBundleOf } from '../trust-bundle.ts';
import { privateKeyPem } from '../../x509/key-pair.ts';
import type { CertificateTemplate } from '../../x509/template.ts';

const signal = new AbortController().signal;
const root: RootSpec = {
  provider: { kind: 'builtIn', secretName: 'ca' },
  trustDomain: 'cluster.local',
  key: { algorithm: 'ECDSA' },
};

describe('probe', () => {
  let clock: FakeClock;
  let ca: TestAuthority;
  beforeEach(() => {
    clock = new FakeClock(Math.floor(Date.now() / 1000) * 1000);
    ca = makeRoot();
  });

  /** An issuer that says of its leaves what `change` makes of the template. */
  function issuerOf(change: (template: CertificateTemplate) => CertificateTemplate): Issuer {
    const { certificate } = ca;
    const bundle = trustBundleOf([certificate]);
    const { fingerprint: signer, notAfter } = certificate;
    const issue = ({ subject, validityMs }: LeafRequest): Promise<Leaf> => {
      const now = clock.now();
      const wished = templateOf(subject, { notBefore: now - 1_000, notAfter: now + validityMs });
      const template = change(wished);
      const keys = ecKeys();
      return Promise.resolve({
        certificateChain: signUnder(ca, template, keys.publicKey).pem,
        privateKey: new Secret(privateKeyPem(keys.privateKey)),
        ...{ notBefore: template.notBefore, notAfter: template.notAfter, signer },
      });
    };
    return {
      issue,
      authority: () => ({ bundle, signer, notAfter }),
      onChange: () => () => undefined,
      lastFailure: () => undefined,
    };
  }
  const ask = (
    issuer: Issuer,
    change: Partial<RootSpec> = {},
  ): Promise<ProbeFacts | ProbeRefusal> =>
    probe(issuer, { root: { ...root, ...change }, namespace: 'weft-system', clock }, signal);

  it('gives the facts of an issuer that does all that was asked', async () => {
    const issuer = issuerOf((template) => template);
    expect(await ask(issuer)).toEqual({
      ok: true,
      authority: issuer.authority(),
      skewMs: 0,
      notes: [],
    });
  });

  it('notes a shorter life and a clock that is ahead', async () => {
    const changed = issuerOf((template) => ({
      ...template,
      notBefore: clock.now() + 20_000,
      notAfter: clock.now() + 3_600_000,
    }));
    expect(await ask(changed)).toMatchObject({
      ok: true,
      skewMs: 20_000,
      notes: [
        'leaves are valid for 60 min, not for the 1440 min that Weft requested',
        "the issuer's clock is 20 s ahead of ours",
      ],
    });
  });

  type Change = (template: CertificateTemplate) => CertificateTemplate;
  it.each<[string, Change, RegExp]>([
    ['a CA', (one) => ({ ...one, ca: { pathLength: 0 } }), /^unexpected-ca/],
    ['no URI', (one) => ({ ...one, uris: [] }), /^names-wrong/],
    ['another URI', (one) => ({ ...one, uris: ['spiffe://a/ns/b/sa/c'] }), /^names-wrong/],
    ['no DNS name', (one) => ({ ...one, dnsNames: [] }), /^names-wrong/],
    ['no client', (one) => ({ ...one, extendedKeyUsage: ['serverAuth'] }), /^usage-missing/],
    ['no server', (one) => ({ ...one, extendedKeyUsage: ['clientAuth'] }), /^usage-missing/],
    [
      'nine minutes',
      (one) => ({ ...one, notAfter: clock.now() + 540_000 }),
      /valid for only 9 min/,
    ],
    [
      'a minute ahead',
      (one) => ({ ...one, notBefore: clock.now() + 61_000 }),
      /clock is 61 s ahead/,
    ],
  ])('refuses %s', async (_case, change, says) => {
    expect(await ask(issuerOf(change))).toMatchObject({
      ok: false,
      code: 'issuer-misconfigured',
      message: expect.stringMatching(says),
    });
  });

  it('refuses another kind of key', async () => {
    const key = { algorithm: 'RSA', bits: 2048 } as const;
    expect(
      await ask(
        issuerOf((template) => template),
        { key },
      ),
    ).toMatchObject({
      message: 'the probe requested a key of kind RSA-2048, but the leaf has P-256',
    });
  });

  it('refuses a chain that has no end', async () => {
    const issuer = issuerOf((template) => template);
    ca = makeRoot({ name: 'another' });
    expect(await ask(issuer)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^chain-without-root/),
    });
  });

  it('waits for an issuer that does not answer, not for an issuer that refuses', async () => {
    const issuer = new FakeIssuer(clock);
    const trouble = { message: 'it is away', since: 0 };
    issuer.report({ ...trouble, code: 'issuer-unavailable' });
    const found = ask(issuer);
    await clock.advance(30_000);
    await issuer.replaceRoot();
    await clock.advance(1_000);
    expect(await found).toMatchObject({ ok: true });

    const never = new FakeIssuer(clock);
    never.report({ ...trouble, code: 'issuer-unavailable' });
    const late = ask(never);
    await clock.advance(61_000);
    expect(await late).toEqual({ ok: false, code: 'issuer-unavailable', message: 'it is away' });
    never.report({ ...trouble, code: 'issuer-refused' });
    expect(await ask(never)).toMatchObject({ ok: false, code: 'issuer-refused' });
  });

  it('passes on what the issuer refuses, and rejects only when aborted', async () => {
    const issuer = await FakeIssuer.ready(clock);
    issuer.refuse = () => new WeftError('issuer-refused', 'no');
    expect(await ask(issuer)).toEqual({ ok: false, code: 'issuer-refused', message: 'no' });
    const options = { root, namespace: 'weft-system', clock };
    await expect(probe(issuer, options, AbortSignal.abort(new Error('over')))).rejects.toThrow(
      'over',
    );
  });
});

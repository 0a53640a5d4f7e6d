import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  certificatesFrom,
  makeIntermediate,
  makeRoot,
  signUnder,
  type AuthorityWishes,
  type TestAuthority,
} from '../../test/support/certificates/make-authority.ts';
import { ecKeys, rsaKeys } from '../../test/support/keys/test-keys.ts';
import { identityKey } from '../policy/identity.ts';
import { workloadTemplate, type CertificateTemplate } from './template.ts';
import {
  problemOfAuthority,
  problemOfLeaf,
  type CertificateFault,
  type KeyedChain,
} from './validate.ts';

const now = Date.now();
const dayMs = 24 * 3_600_000;
const root = makeRoot();

function keyed(ca: TestAuthority, change: Partial<KeyedChain> = {}): KeyedChain {
  return { chain: ca.chain, privateKey: ca.keys.privateKey, roots: [ca.root], ...change };
}

const changed = (change: Partial<CertificateTemplate>): AuthorityWishes => ({
  change: (template) => ({ ...template, ...change }),
});

describe('problemOfAuthority', () => {
  const intermediate = makeIntermediate(root);
  it.each<[string, KeyedChain]>([
    ['a root', keyed(root)],
    ['an intermediate with its root', keyed(intermediate)],
    [
      'an intermediate without its root',
      keyed(intermediate, { chain: [intermediate.certificate] }),
    ],
    ['two intermediates', keyed(makeIntermediate(makeIntermediate(root, {}, 1)))],
    ['one of several roots', keyed(root, { roots: [makeRoot().root, root.root] })],
    ['RSA', keyed(makeRoot({ keys: rsaKeys(2048) }))],
    ['P-384', keyed(makeRoot({ keys: ecKeys('P-384') }))],
    [
      'usages that are wide enough',
      keyed(makeRoot(changed({ extendedKeyUsage: ['clientAuth', 'serverAuth'] }))),
    ],
  ])('accepts %s', (_case, ca) => {
    expect(problemOfAuthority(ca, now)).toBeUndefined();
  });

  const stranger = makeRoot({ name: 'stranger' });
  it.each<[CertificateFault, string, KeyedChain]>([
    ['no-certificate', 'an empty chain', keyed(root, { chain: [] })],
    ['key-mismatch', 'another key', keyed(root, { privateKey: ecKeys().privateKey })],
    [
      'key-mismatch',
      'a key of another type',
      keyed(root, { privateKey: rsaKeys(2048).privateKey }),
    ],
    ['chain-without-root', 'an untrusted root', keyed(intermediate, { roots: [stranger.root] })],
    ['chain-without-root', 'no roots at all', keyed(root, { roots: [] })],
    [
      'chain-without-root',
      'a root of the same name with another key',
      keyed(intermediate, { chain: [intermediate.certificate], roots: [makeRoot().root] }),
    ],
    [
      'chain-broken',
      'a gap in the chain',
      keyed(intermediate, { chain: [intermediate.certificate, stranger.certificate] }),
    ],
    [
      'root-not-self-signed',
      'an intermediate among the roots',
      keyed(intermediate, { roots: [root.root, intermediate.certificate] }),
    ],
    ['expired', 'an expired root', keyed(makeRoot({ notAfter: now - 1000 }))],
    ['not-yet-valid', 'a root of tomorrow', keyed(makeRoot({ notBefore: now + dayMs }))],
    [
      'expired',
      'an expired intermediate under a good root',
      keyed(makeIntermediate(root, { notAfter: now - 1000 })),
    ],
    ['key-not-accepted', 'RSA of 1024 bits', keyed(makeRoot({ keys: rsaKeys(1024) }))],
    [
      'key-not-accepted',
      'a curve of another world',
      keyed(makeRoot({ keys: ecKeys('secp256k1') })),
    ],
    ['not-a-ca', 'a leaf', keyed(makeIntermediate(root, changed({ ca: undefined })))],
    [
      'not-a-ca',
      'a CA that may not sign',
      keyed(makeIntermediate(root, changed({ keyUsage: ['digitalSignature'] }))),
    ],
    ['path-too-long', 'a CA below the last one', keyed(makeIntermediate(intermediate))],
    [
      'usage-missing',
      'a CA for servers only',
      keyed(makeIntermediate(root, changed({ extendedKeyUsage: ['serverAuth'] }))),
    ],
  ])('says %s of %s', (fault, _case, ca) => {
    expect(problemOfAuthority(ca, now)?.fault).toBe(fault);
  });
});

/** A certificate by OpenSSL with these names, `more` of them unrequested, and no key usage. */
function byOpenssl(
  { uris, dnsNames }: CertificateTemplate,
  ...more: readonly string[]
): KeyedChain {
  const names = [
    ...uris.map((uri) => `URI:${uri}`),
    ...dnsNames.map((name) => `DNS:${name}`),
    ...more,
  ];
  const text = execFileSync(
    'openssl',
    // prettier-ignore
    ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', '-',
     '-subj', '/CN=x', '-addext', 'basicConstraints=critical,CA:FALSE',
     '-addext', `subjectAltName=${names.join()}`],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const chain = certificatesFrom(text);
  return { chain, roots: chain, privateKey: createPrivateKey(text) };
}

describe('problemOfLeaf', () => {
  const ca = makeIntermediate(root);
  const keys = ecKeys();
  const template = workloadTemplate(
    {
      trustDomain: 'cluster.local',
      account: identityKey({ namespace: 'shop', serviceAccount: 'cart' }),
    },
    { notBefore: now - 1000, notAfter: now + dayMs },
  );
  function leaf(change: Partial<CertificateTemplate> = {}, issuer = ca): KeyedChain {
    const certificate = signUnder(issuer, { ...template, ...change }, keys.publicKey);
    const chain = [certificate, ...issuer.chain];
    return { chain, privateKey: keys.privateKey, roots: [root.root] };
  }

  it('accepts what was asked for', () => {
    expect(problemOfLeaf(leaf(), template, now)).toBeUndefined();
  });

  const uri = template.uris[0] ?? '';
  it.each<[CertificateFault, string, KeyedChain]>([
    ['unexpected-ca', 'a CA', leaf({ ca: { pathLength: 0 } })],
    ['names-wrong', 'another identity', leaf({ uris: ['spiffe://cluster.local/ns/shop/sa/till'] })],
    ['names-wrong', 'a second identity', leaf({ uris: [uri, `${uri}2`] })],
    ['names-wrong', 'the identity twice', leaf({ uris: [uri, uri] })],
    ['names-wrong', 'no identity', leaf({ uris: [] })],
    ['names-wrong', 'a DNS name more', leaf({ dnsNames: [...template.dnsNames, 'kubernetes'] })],
    ['names-wrong', 'an address', byOpenssl(template, 'IP:192.0.2.1')],
    ['usage-missing', 'a server only', leaf({ extendedKeyUsage: ['serverAuth'] })],
    ['usage-missing', 'no signatures', leaf({ keyUsage: ['crlSign'] })],
    ['usage-missing', 'no key usage at all', byOpenssl(template)],
    [
      'unexpected-ca',
      'one that may sign certificates',
      leaf({ keyUsage: ['digitalSignature', 'keyCertSign'] }),
    ],
    [
      'unexpected-ca',
      'one that may sign revocation lists',
      leaf({ keyUsage: ['digitalSignature', 'crlSign'] }),
    ],
    ['expired', 'an old leaf', leaf({ notAfter: now })],
    ['not-yet-valid', 'a leaf of a clock ahead', leaf({ notBefore: now + 60_000 })],
    ['key-mismatch', 'another key', { ...leaf(), privateKey: ecKeys().privateKey }],
    ['chain-without-root', 'a stranger', leaf({}, makeRoot({ name: 'stranger' }))],
    ['not-a-ca', 'a leaf that signs', leaf({}, makeIntermediate(root, changed({ ca: undefined })))],
  ])('says %s of %s', (fault, _case, chain) => {
    expect(problemOfLeaf(chain, template, now)?.fault).toBe(fault);
  });
});

import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as oracle from '@peculiar/x509';
import fc from 'fast-check';
import {
  makeIntermediate,
  makeRoot,
  signUnder,
  type TestAuthority,
} from '../../test/support/certificates/make-authority.ts';
import { ecKeys, rsaKeys } from '../../test/support/keys/test-keys.ts';
import { identityKey } from '../policy/identity.ts';
import type { Certificate } from './certificate.ts';
import { readChildren, readElement } from './der-reader.ts';
import { certificateBlocks } from '../common/pem.ts';
import { controlPlaneTemplate, gatewayTemplate, workloadTemplate } from './template.ts';

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const second = fc.integer({ min: 0, max: Date.UTC(2099, 11, 31) / 1000 });
const identity = fc.record({
  namespace: label,
  serviceAccount: fc.array(label, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.')),
});
const keys = fc.constantFrom(ecKeys('P-256'), ecKeys('P-384'), rsaKeys(2048));
const workload = fc
  .record({ identity, trustDomain: label, start: second, life: fc.integer({ min: 1, max: 1e9 }) })
  .map(({ identity: who, trustDomain, start, life }) => ({
    trustDomain,
    account: identityKey(who),
    period: { notBefore: start * 1000, notAfter: (start + life) * 1000 },
  }));

describe('a signed workload certificate', () => {
  it('says to two independent readers what its template says', () => {
    fc.assert(
      fc.property(workload, keys, keys, ({ period, ...name }, caKeys, leafKeys) => {
        const root = makeRoot({ keys: caKeys });
        const template = workloadTemplate(name, period);
        const ours = signUnder(root, template, leafKeys.publicKey);
        expectNodeAgrees(ours, root);
        const theirs = new oracle.X509Certificate(ours.pem);
        expect(theirs.notBefore.getTime()).toBe(period.notBefore);
        expect(theirs.notAfter.getTime()).toBe(period.notAfter);
        expect(ours).toMatchObject(period);
        const names = theirs.getExtension(oracle.SubjectAlternativeNameExtension);
        expect(names?.names.items.map(({ type, value }) => [type, value])).toEqual([
          ...template.uris.map((uri) => ['url', uri]),
          ...template.dnsNames.map((dnsName) => ['dns', dnsName]),
        ]);
        expect(names?.critical).toBe(template.commonName === '');
        expect(theirs.getExtension(oracle.KeyUsagesExtension)?.usages).toBe(
          oracle.KeyUsageFlags.digitalSignature,
        );
        expect(theirs.getExtension(oracle.BasicConstraintsExtension)?.ca).toBe(false);
        expect(theirs.getExtension(oracle.ExtendedKeyUsageExtension)?.usages).toEqual([
          oracle.ExtendedKeyUsage.serverAuth,
          oracle.ExtendedKeyUsage.clientAuth,
        ]);
        expect(theirs.getExtension(oracle.AuthorityKeyIdentifierExtension)?.keyId).toBe(
          root.certificate.subjectKeyId?.toString('hex'),
        );
        expect(ours.altNames).toEqual({
          uris: template.uris,
          dnsNames: template.dnsNames,
          others: 0,
        });
      }),
      { numRuns: 150 },
    );
  });

  it('has a serial number that is positive, and another each time', () => {
    const root = makeRoot();
    const template = gatewayTemplate(['a.example'], { notBefore: 0, notAfter: Date.now() });
    const { publicKey } = ecKeys();
    const serials = Array.from({ length: 300 }, () => {
      const [block] = certificateBlocks(signUnder(root, template, publicKey).pem);
      const [tbs] = readChildren(readElement(block!));
      return readChildren(tbs!)[1]!.content;
    });
    expect(new Set(serials.map((serial) => serial.toString('hex'))).size).toBe(serials.length);
    // RFC 5280 §4.1.2.2: positive, at most 20 octets.
    for (const serial of serials) {
      expect(serial[0]).toBeLessThan(0x80);
      expect(serial.length).toBeLessThanOrEqual(17);
    }
  });
});

function expectNodeAgrees(ours: Certificate, root: TestAuthority): void {
  const leaf = new X509Certificate(ours.pem);
  const issuer = new X509Certificate(root.certificate.pem);
  expect(leaf.checkIssued(issuer)).toBe(true);
  expect(leaf.verify(root.keys.publicKey)).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(issuer.ca).toBe(true);
}

describe('openssl verify', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weft-certificates-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function verify(leaf: Certificate, ca: TestAuthority, purpose: string): string {
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const files = {
      root: file('root.pem', ca.root.pem),
      chain: file('chain.pem', ca.chain.map(({ pem }) => pem).join('')),
      leaf: file('leaf.pem', leaf.pem),
    };
    const trust = ['-x509_strict', '-purpose', purpose, '-CAfile', files.root];
    const args = ['verify', ...trust, '-untrusted', files.chain, files.leaf];
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
  }

  const now = Date.now();
  const period = { notBefore: now - 1000, notAfter: now + 60_000 };
  const name = {
    trustDomain: 'cluster.local',
    account: identityKey({ namespace: 'shop', serviceAccount: 'cart' }),
  };

  it.each([
    ['EC under EC', ecKeys('P-256'), ecKeys('P-256')],
    ['RSA under EC P-384', ecKeys('P-384'), rsaKeys(2048)],
    ['EC under RSA', rsaKeys(2048), ecKeys('P-256')],
  ])('accepts %s in its strictest mode', (_case, caKeys, leafKeys) => {
    const root = makeRoot({ keys: caKeys });
    const leaf = signUnder(root, workloadTemplate(name, period), leafKeys.publicKey);
    expect(verify(leaf, root, 'sslserver')).toContain('OK');
    expect(verify(leaf, root, 'sslclient')).toContain('OK');
  });

  it('accepts a leaf of an intermediate, a nameless subject, and dates after 2050', () => {
    const far = { notBefore: now - 1000, notAfter: Date.UTC(2061, 1, 3) };
    const ca = makeIntermediate(makeRoot(far), far);
    const account = identityKey({ namespace: 'shop', serviceAccount: 'cart'.repeat(20) });
    const template = workloadTemplate({ ...name, account }, far);
    expect(template.commonName).toBe('');
    expect(verify(signUnder(ca, template, ecKeys().publicKey), ca, 'sslserver')).toContain('OK');
  });

  it('refuses a server certificate as a client', () => {
    const root = makeRoot();
    const name = { trustDomain: 'local', namespace: 'weft', dnsNames: ['weft.example'] };
    const leaf = signUnder(root, controlPlaneTemplate(name, period), ecKeys().publicKey);
    expect(verify(leaf, root, 'sslserver')).toContain('OK');
    expect(() => verify(leaf, root, 'sslclient')).toThrow();
  });
});

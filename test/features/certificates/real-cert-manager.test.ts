import { describe, expect, it } from '@jest/globals';
import { certificatesFrom } from '../../support/certificates/make-authority.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { conditionOf, pemFrom } from '../../../tools/real/cert-manager.ts';
import { makeCaIssuer } from '../../../tools/real/cert-manager-setup.ts';
import { makeCsr } from '../../support/certificates/make-csr.ts';
import { makeToken } from '../../../tools/real/openbao-setup.ts';
import { mayLeaf, startSigningBao, workloadId } from '../../support/issuers/signing-bao.ts';
import { startSigningCertManager } from '../../support/issuers/signing-cert-manager.ts';
import { sole } from '../../support/certificates/sole-certificate.ts';
import { makeVaultIssuer } from '../../support/issuers/vault-issuer.ts';

// How the real cert-manager signs, how it refuses, and what it signs although no peer would accept it.

const namespace = 'real-cert-manager';
const bao = ofFile(startSigningBao, 60_000);
const manager = ofFile(() => startSigningCertManager(namespace), 90_000);

describe('cert-manager', () => {
  it('signs a leaf that keeps its SPIFFE ID', async () => {
    const { status } = await manager().sign({ request: bao().leafCsr });
    const given = sole(pemFrom(status?.certificate));
    expect(given).toMatchObject({
      ca: false,
      altNames: { uris: [workloadId], dnsNames: [], others: 0 },
      keyUsage: new Set([0]),
    });
    expect(given.extendedKeyUsage?.size).toBe(2);
    expect(given.signedWith(manager().root.publicKey)).toBe(true);
  });

  it('hands out the chain up to its root, and the root apart', async () => {
    const wishes = { name: 'middle', namespace, signer: manager().top.issuerRef };
    const { issuerRef } = await makeCaIssuer(manager(), wishes);
    const { status } = await manager().sign({ request: bao().leafCsr, issuerRef });
    const chain = certificatesFrom(pemFrom(status?.certificate));
    expect(chain.map((certificate) => certificate.ca)).toEqual([false, true]);
    expect(chain[0]!.signedWith(chain[1]!.publicKey)).toBe(true);
    expect(sole(pemFrom(status?.ca)).fingerprint).toBe(manager().root.fingerprint);
  });

  it('signs an intermediate CA, and forgets how long a path was asked for', async () => {
    const csr = await makeCsr({ commonName: 'an intermediate', ca: { pathLength: 0 } });
    const { status } = await manager().sign({
      request: csr,
      isCA: true,
      usages: ['cert sign', 'crl sign'],
    });
    const given = sole(pemFrom(status?.certificate));
    expect(given).toMatchObject({ ca: true, pathLength: undefined, keyUsage: new Set([5, 6]) });
    expect(given.signedWith(manager().root.publicKey)).toBe(true);
  });

  it('signs a leaf that outlives its root, when asked carelessly', async () => {
    const { status } = await manager().sign({ request: bao().leafCsr, duration: '876000h' });
    expect(sole(pemFrom(status?.certificate)).notAfter).toBeGreaterThan(manager().root.notAfter);
  });

  it('signs for any namespace with a CA of its own one, and soon with the next', async () => {
    const { issuerRef, certificate, replace } = await makeCaIssuer(manager(), { name: 'mesh-ca' });
    const first = await manager().sign({ request: bao().leafCsr, issuerRef });
    const next = await replace();
    let second = await manager().sign({ request: bao().leafCsr, issuerRef });
    for (let tries = 0; pemFrom(second.status?.ca) === certificate && tries < 20; tries += 1)
      second = await manager().sign({ request: bao().leafCsr, issuerRef });
    expect(next).not.toBe(certificate);
    expect(pemFrom(first.status?.ca)).toBe(certificate);
    expect(pemFrom(second.status?.ca)).toBe(next);
    const signer = sole(next).publicKey;
    expect(sole(pemFrom(second.status?.certificate)).signedWith(signer)).toBe(true);
  });

  it('signs by OpenBao, over https with its CA', async () => {
    const token = await makeToken(bao(), mayLeaf);
    await makeVaultIssuer(manager(), bao(), { namespace, name: 'vault', token });
    const { status } = await manager().sign({
      request: bao().leafCsr,
      issuerRef: { ...manager().top.issuerRef, name: 'vault' },
    });
    const given = sole(pemFrom(status?.certificate));
    expect(given.signedWith(sole(bao().pki.root).publicKey)).toBe(true);
    expect(given.altNames.uris).toEqual([workloadId]);
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
      csr: () => bao().leafCsr, issuer: 'x' },
    { what: 'fails what is no CSR', reason: 'Failed', says: /no PEM data/, csr: () => 'x' },
    { what: 'fails a CSR for a CA where a leaf was asked', reason: 'Failed', says: /IsCA/,
      csr: () => makeCsr({ commonName: 'x', ca: { pathLength: 0 } }) },
    { what: 'fails another key usage in the CSR than beside it', reason: 'Failed', says: /usage/i,
      csr: () => makeCsr({ uris: [workloadId], keyUsage: 'keyEncipherment' }) },
  ];
  it.each(outcomes)('$what', async ({ csr, issuer = 'ca', reason, says }) => {
    const wanted = {
      request: await csr(),
      issuerRef: { ...manager().top.issuerRef, name: issuer },
    };
    const given = await manager().sign(
      wanted,
      (object) => conditionOf(object, 'Ready') !== undefined,
    );
    const ready = conditionOf(given, 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason });
    expect(ready?.message).toMatch(says);
    expect(given.status?.certificate).toBeUndefined();
  });

  it('approves what an issuer of another group is to sign, and leaves it to that', async () => {
    const issuerRef = { name: 'x', kind: 'Signer', group: 'issuers.example.com' };
    const given = await manager().sign(
      { request: bao().leafCsr, issuerRef },
      (object) => conditionOf(object, 'Approved') !== undefined,
    );
    expect(given.status?.conditions).toHaveLength(1);
    expect(conditionOf(given, 'Approved')).toMatchObject({ status: 'True' });
  });
});

import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import * as oracle from '@peculiar/x509';
import { ecKeys, rsaKeys } from '../../test/support/keys/test-keys.ts';
import { identityKey } from '../policy/identity.ts';
import { oids } from './oids.ts';
import { signingRequest } from './signing-request.ts';
import { rootTemplate, workloadTemplate } from './template.ts';

const period = { notBefore: 0, notAfter: 1_000 };
const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
const leaf = workloadTemplate({ trustDomain: 'cluster.local', account }, period);
const long = workloadTemplate({ trustDomain: 'x'.repeat(60), account }, period);
const ca = rootTemplate('an intermediate', period);

describe('a signing request', () => {
  it.each([
    ['EC', ecKeys(), leaf],
    ['RSA', rsaKeys(2048), leaf],
    ['EC without a subject', ecKeys(), long],
    ['EC for a CA', ecKeys(), ca],
  ])('of %s says to others what its template says', async (_case, keys, template) => {
    const pem = signingRequest(template, keys);
    const args = ['req', '-verify', '-noout', '-text'];
    const text = execFileSync('openssl', args, { input: pem, stdio: 'pipe' }).toString();
    expect(text).toContain(template.ca === undefined ? 'CA:FALSE' : 'CA:TRUE, pathlen:0');
    const request = new oracle.Pkcs10CertificateRequest(pem);
    expect(await request.verify()).toBe(true);
    expect(request.subject).toBe(template.commonName === '' ? '' : `CN=${template.commonName}`);
    const raw = request.getExtension(oids.subjectAltName);
    const names = raw && new oracle.SubjectAlternativeNameExtension(raw.rawData);
    expect(names?.names.items.map(({ value }) => value) ?? []).toEqual([
      ...template.uris,
      ...template.dnsNames,
    ]);
    expect(raw?.critical ?? true).toBe(template.commonName === '' || template.ca !== undefined);
    const spki = keys.publicKey.export({ type: 'spki', format: 'der' });
    expect(Buffer.from(request.publicKey.rawData).equals(spki)).toBe(true);
  });
});

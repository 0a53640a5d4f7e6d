import { describe, expect, it } from '@jest/globals';
import { certificatesFrom } from '../../support/certificates/make-authority.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { done } from '../../../tools/real/openbao.ts';
import { enablePki, makeToken } from '../../../tools/real/openbao-setup.ts';
import {
  mayIntermediate,
  mayLeaf,
  signed,
  signIntermediate,
  signLeaf,
  startSigningBao,
  workloadId,
} from '../../support/issuers/signing-bao.ts';
import { sole } from '../../support/certificates/sole-certificate.ts';

// How the real OpenBao signs, and what it signs although no peer would accept it.

const hourMs = 3_600_000;
const bao = ofFile(startSigningBao, 60_000);

describe('OpenBao signs', () => {
  it('an intermediate CA, for a token that may do that and nothing else', async () => {
    const token = await makeToken(bao(), mayIntermediate);
    const answer = await bao().call(signIntermediate, { token, body: bao().intermediate() });
    const ca = signed(answer);
    expect(ca).toMatchObject({ ca: true, pathLength: 0 });
    expect(ca.signedWith(sole(bao().pki.root).publicKey)).toBe(true);
    const chain = (answer.data['ca_chain'] as string[]).flatMap(certificatesFrom);
    expect(chain.map(({ fingerprint }) => fingerprint)).toEqual([
      ca.fingerprint,
      sole(bao().pki.root).fingerprint,
    ]);
    const refused = await bao().call(signLeaf, { token, body: bao().leaf() });
    expect(refused.status).toBe(403);
  });

  it('a leaf with the names of its CSR, whatever the call says', async () => {
    const token = await makeToken(bao(), mayLeaf);
    const uri = 'spiffe://cluster.local/ns/shop/sa/other';
    const given = signed(
      await bao().call(signLeaf, { token, body: bao().leaf({ uri_sans: uri }) }),
    );
    expect(given).toMatchObject({
      ca: false,
      altNames: { uris: [workloadId], dnsNames: [], others: 0 },
    });
    expect(given.notBefore).toBeLessThan(Date.now() - 25_000);
  });

  it('a leaf for as long as its role allows', async () => {
    const answer = await bao().call(signLeaf, { body: bao().leaf({ ttl: '1000h' }) });
    expect(signed(answer).notAfter).toBeLessThan(Date.now() + 73 * hourMs);
  });

  it('an intermediate that outlives its root and may sign CAs, when asked carelessly', async () => {
    const careless = bao().intermediate({ ttl: '87600h', max_path_length: undefined });
    const ca = signed(await bao().call(signIntermediate, { body: careless }));
    expect(ca.pathLength).toBeUndefined();
    expect(ca.notAfter).toBeGreaterThan(sole(bao().pki.root).notAfter);
  });

  it('under a new root from when it is made', async () => {
    const other = await enablePki(bao(), { mount: 'other/pki' });
    const next = sole(await other.replaceRoot());
    const body = bao().intermediate();
    const ca = signed(await bao().call('other/pki/root/sign-intermediate', { body }));
    expect(ca.signedWith(next.publicKey)).toBe(true);
    expect(ca.signedWith(sole(other.root).publicKey)).toBe(false);
  });

  it('in a namespace, whose tokens and engines are its own', async () => {
    await done(bao().call('sys/namespaces/team', { method: 'POST' }));
    const there = await enablePki(bao(), { namespace: 'team', keyType: 'rsa' });
    const asked = { namespace: 'team', body: bao().intermediate() };
    const ca = signed(await bao().call(signIntermediate, asked));
    expect(ca.signedWith(sole(there.root).publicKey)).toBe(true);
    const token = await makeToken(bao(), mayIntermediate);
    expect((await bao().call(signIntermediate, { ...asked, token })).status).toBe(403);
  });
});

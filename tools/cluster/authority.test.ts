import { X509Certificate, createPrivateKey } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { createAuthority } from './authority.ts';

it('issues certificates that others can verify', async () => {
  const authority = await createAuthority('test');
  const pair = await authority.issue({
    commonName: 'node',
    organization: 'system:nodes',
    dnsNames: ['node.example'],
    addresses: ['10.0.0.1', 'fd00::1'],
  });
  const root = new X509Certificate(authority.certificate);
  const leaf = new X509Certificate(pair.certificate);
  expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true);
  expect(leaf.checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
  expect(leaf.subject.split('\n')).toEqual(['O=system:nodes', 'CN=node']);
  expect(leaf.checkIP('10.0.0.1')).toBe('10.0.0.1');
  expect(leaf.checkIP('fd00::1')).toBe('fd00::1');
  expect(leaf.checkHost('node.example')).toBe('node.example');
  expect([root.ca, leaf.ca]).toEqual([true, false]);
  const day = 24 * 3_600_000;
  expect(leaf.validToDate.getTime() - Date.now()).toBeGreaterThan(7 * day);
});

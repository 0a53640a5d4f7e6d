import { describe, expect, it } from '@jest/globals';
import { ecKeys, rsaKeys } from '../../test/support/keys/test-keys.ts';
import { keyKindOf, kindOfKey, generateKeyPair, type KeyKind } from './key-pair.ts';

describe('a kind of key', () => {
  it('is what the settings of a root say', () => {
    expect(keyKindOf({ algorithm: 'ECDSA' })).toBe('P-256');
    expect(keyKindOf({ algorithm: 'RSA', bits: 3000 })).toBe('RSA-3000');
  });

  it('is derived from a key', () => {
    expect(kindOfKey(ecKeys().publicKey)).toBe('P-256');
    expect(kindOfKey(ecKeys('P-384').publicKey)).toBeUndefined();
    expect(kindOfKey(rsaKeys(2048).publicKey)).toBe('RSA-2048');
  });

  it.each<KeyKind>(['P-256', 'RSA-2048', 'RSA-2056'])(
    '%s is made as requested',
    async (kind) => {
      const { publicKey, privateKey } = await generateKeyPair(kind);
      expect([kindOfKey(publicKey), kindOfKey(privateKey)]).toEqual([kind, kind]);
    },
    30_000,
  );

  it.each<KeyKind>(['RSA-1024', 'RSA-16384', 'RSA-0', 'RSA-NaN' as KeyKind])(
    '%s is refused',
    async (kind) => {
      await expect(generateKeyPair(kind)).rejects.toMatchObject({ code: 'configuration-invalid' });
    },
  );

  it('blocks no other work while several RSA keys are made', async () => {
    const before = process.threadCpuUsage();
    await Promise.all([1, 2, 3, 4].map(() => generateKeyPair('RSA-2048')));
    const { user, system } = process.threadCpuUsage(before);
    // One key takes 50 ms and more; none of that on this thread.
    expect((user + system) / 1000).toBeLessThan(50);
  }, 30_000);
});

import { describe, expect, it } from '@jest/globals';
import { vaultPath } from './vault-path.ts';

describe('vaultPath', () => {
  it.each([
    [['pki', 'sign', 'mesh'], 'pki/sign/mesh'],
    [['/team/a/pki/', 'sign', 'mesh'], 'team/a/pki/sign/mesh'],
    [['pki', 'sign', 'a.b_c-d~e'], 'pki/sign/a.b_c-d~e'],
    [['pki', 'sign', 'a:b@c'], 'pki/sign/a%3Ab%40c'],
  ])('%j is %s', (parts, path) => {
    expect(vaultPath(...parts)).toBe(path);
  });

  it.each([
    '..',
    'a/../b',
    '.',
    'a//b',
    '',
    '/',
    'a?b',
    'a#b',
    'a\\b',
    'a%2fb',
    'a b',
    'a\nb',
    'ü',
  ])('%j leads elsewhere', (part) => {
    expect(() => vaultPath('pki', part)).toThrow(
      expect.objectContaining({ code: 'issuer-misconfigured' }),
    );
  });
});

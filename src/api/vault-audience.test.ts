import { describe, expect, it } from '@jest/globals';
import { problemOfVaultAudience } from './vault-audience.ts';

describe('an audience of Vault', () => {
  it.each([
    'vault',
    'https://vault.example.com',
    'only-vault',
    'kubernetes-vault',
    'weft.dev/vault',
  ])('may be %s', (audience) => {
    expect(problemOfVaultAudience(audience, ['https://oidc.example.com'])).toBeUndefined();
  });

  it.each([
    '',
    ' ',
    ' vault',
    'vault\n',
    'kubernetes',
    'kubernetes.default.svc',
    'https://kubernetes.default.svc',
    'https://kubernetes.default.svc.cluster.local',
    'https://kubernetes.default.svc.example.org/',
    'HTTPS://Kubernetes.Default.svc',
    'https://kubernetes.default.svc:443',
    'https://kubernetes.default.svc./',
    'kubernetes.default.svc.cluster.local:443/',
    'weft.dev',
    'WEFT.dev',
    'https://weft.dev/',
    'https://oidc.example.com/id/1',
    'https://oidc.example.com/id/1/',
    'oidc.example.com/id/1',
    'HTTPS://OIDC.example.com/id/1',
    'k3s',
  ])('cannot be %j', (audience) => {
    const known = ['https://oidc.example.com/id/1', 'k3s'];
    expect(problemOfVaultAudience(audience, known)).toMatch(
      /choose an audience that only Vault accepts/,
    );
  });
});

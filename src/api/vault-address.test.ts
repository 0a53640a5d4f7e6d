import { describe, expect, it } from '@jest/globals';
import { problemOfVaultAddress } from './vault-address.ts';

describe('the address of Vault', () => {
  it.each([
    'https://vault',
    'https://vault.example.com:8200',
    'https://vault.example.com:8200/',
    'https://10.0.0.1:443',
    'https://[fd00::1]:8200',
  ])('may be %s', (address) => {
    expect(problemOfVaultAddress(address)).toBeUndefined();
  });

  it.each([
    ...['', 'vault', 'vault:8200', 'http://vault:8200', 'HTTP://vault', 'ftp://vault'],
    ...['https://', 'https:///', 'https:vault', 'https://[fd00::1', 'https://vault:0'],
    ...['https://vault:99999', 'https://vault:port', 'https://va ult', ' https://vault'],
    ...['https://?x', 'https://#x', '//vault', 'javascript:alert(1)'],
  ])('is no https URL: "%s"', (address) => {
    expect(problemOfVaultAddress(address)).toBe(
      'it is not an https URL; write it as https://vault.example.com:8200',
    );
  });

  it.each([
    ['https://vault:8200/v1', /a path; set the path of the PKI engine in mount/],
    ['https://vault:8200//', /a path/],
    ['https://vault:8200/..', /a path/],
    ['https://vault:8200\\v1', /a backslash/],
    ['https://vault:8200?namespace=team', /a query/],
    ['https://vault:8200/?namespace=team', /a path/],
    ['https://vault:8200?', /a query/],
    ['https://vault:8200#top', /a fragment/],
    ['https://vault:8200#', /a fragment/],
    ['https://weft:pass-1234@vault:8200', /a user/],
    ['https://:pass-1234@vault:8200', /a user/],
    ['https://@vault:8200', /a user/],
    ['https://vault:8200\t', /a blank/],
    ['https://vault:82\n00', /a blank/],
  ])('is host and port, and nothing more: %j', (address, says) => {
    const problem = problemOfVaultAddress(address);
    expect(problem).toMatch(says);
    expect(problem).toMatch(/; write it as https:\/\/vault:8200$/);
    expect(problem).not.toContain('pass-1234');
  });
});

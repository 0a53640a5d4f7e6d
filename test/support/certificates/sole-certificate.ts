import { expect } from '@jest/globals';
import type { Certificate } from '../../../src/x509/certificate.ts';
import { certificatesFrom } from './make-authority.ts';

/** The one certificate in that PEM, which has no other. */
export function sole(pem: string): Certificate {
  const [certificate, ...others] = certificatesFrom(pem);
  expect(others).toEqual([]);
  return certificate!;
}

import { osmDnsName, spiffeId, type IdentityKey } from '../../policy/identity.ts';
import { WeftError } from '../../common/errors.ts';
import type { ExtendedKeyUsage, KeyUsage } from './oids.ts';

/** Everything that a certificate will say, except keys, serial number and issuer. */
export interface CertificateTemplate {
  /** Empty: the subject is empty, and the alternative names are critical. */
  readonly commonName: string;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  /** Present: a CA, with so many CAs allowed below it. */
  readonly ca: { readonly pathLength: number } | undefined;
  readonly keyUsage: readonly KeyUsage[];
  readonly extendedKeyUsage: readonly ExtendedKeyUsage[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** From when until when, in milliseconds since the epoch. */
export interface Period {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Who a workload certificate speaks for. */
export interface WorkloadName {
  readonly trustDomain: string;
  readonly account: IdentityKey;
}

const longestCommonName = 64; // ub-common-name, RFC 5280 appendix A.1
const longestDnsName = 253;

/**
 * A workload's certificate: its SPIFFE ID (SPIFFE X509-SVID §2: exactly one URI) and the name OSM
 * gave it. Throws configuration-invalid for a name that could stand for something else in a SPIFFE ID.
 */
export function workloadTemplate(name: WorkloadName, period: Period): CertificateTemplate {
  requireName(/^[a-z0-9._-]{1,255}$/, 'trust domain', name.trustDomain);
  requireName(/^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/, 'service account', name.account);
  const dnsName = osmDnsName(name.trustDomain, name.account);
  return {
    commonName: commonNameOf(dnsName),
    uris: [spiffeId(name.trustDomain, name.account)],
    dnsNames: dnsName.length <= longestDnsName ? [dnsName] : [],
    ca: undefined,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['serverAuth', 'clientAuth'],
    ...period,
  };
}

/** A server's certificate for these DNS names. Throws configuration-invalid for what is no DNS name. */
export function serverTemplate(names: readonly string[], period: Period): CertificateTemplate {
  if (names.length === 0) requireName(/./, 'server name', '');
  for (const name of names) requireName(/^[a-z0-9*]([a-z0-9.-]{0,252})$/, 'server name', name);
  return {
    commonName: commonNameOf(names[0] ?? ''),
    uris: [],
    dnsNames: names,
    ca: undefined,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['serverAuth'],
    ...period,
  };
}

/** A gateway's certificate: that of a server which is also a client of the mesh. */
export function gatewayTemplate(server: CertificateTemplate): CertificateTemplate {
  return { ...server, extendedKeyUsage: ['serverAuth', 'clientAuth'] };
}

/** A root that signs leaves and no further CA. */
export function rootTemplate(commonName: string, period: Period): CertificateTemplate {
  return {
    commonName,
    uris: [],
    dnsNames: [],
    ca: { pathLength: 0 },
    keyUsage: ['keyCertSign', 'crlSign'],
    extendedKeyUsage: [],
    ...period,
  };
}

function commonNameOf(name: string): string {
  return name.length <= longestCommonName ? name : '';
}

function requireName(form: RegExp, what: string, name: string): void {
  if (!form.test(name))
    throw new WeftError('configuration-invalid', `${JSON.stringify(name)} is not a valid ${what}`);
}

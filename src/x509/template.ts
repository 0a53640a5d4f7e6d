import { controlPlaneId, osmDnsName, spiffeId, type IdentityKey } from '../policy/identity.ts';
import { isDnsName } from '../common/dns-name.ts';
import { WeftError } from '../common/errors.ts';
import type { ExtendedKeyUsage, KeyUsage } from './oids.ts';

/** The content of a certificate, except keys, serial number and issuer. */
export interface CertificateTemplate {
  /** Empty: the subject is empty, and the alternative names are critical. */
  readonly commonName: string;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  /** Present: a CA; the number of CAs allowed below it. */
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

/** The workload that a certificate identifies. */
export interface WorkloadName {
  readonly trustDomain: string;
  readonly account: IdentityKey;
}

const longestCommonName = 64; // ub-common-name, RFC 5280 appendix A.1

/** The control plane that its own certificate identifies, by its namespace. */
export interface ControlPlaneName {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly dnsNames: readonly string[];
}

/**
 * A workload's certificate: its SPIFFE ID (SPIFFE X509-SVID §2: exactly one URI) and the name that OSM gave it, if no
 * other workload can have that name. Throws configuration-invalid for a name that could mean something else in a
 * SPIFFE ID.
 */
export function workloadTemplate(name: WorkloadName, period: Period): CertificateTemplate {
  requireName(trustDomainForm, 'trust domain', name.trustDomain);
  requireName(/^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/, 'service account', name.account);
  const dnsName = osmDnsName(name.trustDomain, name.account);
  return {
    commonName: commonNameOf(dnsName ?? ''),
    uris: [spiffeId(name.trustDomain, name.account)],
    dnsNames: dnsName === undefined ? [] : [dnsName],
    ca: undefined,
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['serverAuth', 'clientAuth'],
    ...period,
  };
}

/**
 * The control plane's certificate: the SPIFFE ID that it alone has, and its DNS names. Throws
 * configuration-invalid for an invalid name.
 */
export function controlPlaneTemplate(name: ControlPlaneName, period: Period): CertificateTemplate {
  const { trustDomain, namespace, dnsNames } = name;
  requireName(trustDomainForm, 'trust domain', trustDomain);
  requireName(/^[a-z0-9-]{1,63}$/, 'namespace', namespace);
  const uris = [controlPlaneId(trustDomain, namespace)];
  return { ...namedTemplate(dnsNames, period), uris, extendedKeyUsage: ['serverAuth'] };
}

/** A gateway's certificate: it serves, and is a client of the mesh. Throws configuration-invalid. */
export function gatewayTemplate(names: readonly string[], period: Period): CertificateTemplate {
  return { ...namedTemplate(names, period), extendedKeyUsage: ['serverAuth', 'clientAuth'] };
}

function namedTemplate(
  names: readonly string[],
  period: Period,
): Omit<CertificateTemplate, 'extendedKeyUsage'> {
  for (const name of names.length === 0 ? [''] : names)
    if (!isDnsName(name.replace(/^\*\./, ''))) throw invalid('server name', name);
  return {
    commonName: commonNameOf(names[0] ?? ''),
    uris: [],
    dnsNames: names,
    ca: undefined,
    keyUsage: ['digitalSignature'],
    ...period,
  };
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

const trustDomainForm = /^[a-z0-9._-]{1,255}$/;

function requireName(form: RegExp, what: string, name: string): void {
  if (!form.test(name)) throw invalid(what, name);
}

function invalid(what: string, name: string): WeftError {
  return new WeftError('configuration-invalid', `${JSON.stringify(name)} is not a valid ${what}`);
}

import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { madeByControlPlane } from '../api/control-plane-names.ts';
import { rootOfMrc } from '../api/root-of.ts';
import { problemOfVaultAudience } from '../api/vault-audience.ts';
import type { RootSpec } from '../api/root-spec.ts';

/** Why Weft does not follow a MeshRootCertificate, and what the user can do. */
export interface RootRefusal {
  readonly reason:
    'InvalidProvider' | 'InsecureVault' | 'UnsafeAudience' | 'SecretElsewhere' | 'IllegalRoles';
  readonly message: string;
}

/** The root certificates as they passed the probe. Proxies trust exactly these. */
export interface Pin {
  /** PEM. */
  readonly roots: string;
  /** SHA-256, lower-case hex. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch; undefined when it is not known. */
  readonly notAfter: number | undefined;
}

/** A MeshRootCertificate as decisions need it. */
export interface RootRecord {
  readonly name: string;
  readonly object: MeshRootCertificate;
  /** Whether Weft, not a user, created the object. */
  readonly managed: boolean;
  readonly role: 'active' | 'passive' | 'inactive';
  /** Undefined when the object describes no root that Weft can use. */
  readonly spec: RootSpec | undefined;
  readonly refusal: RootRefusal | undefined;
  readonly pin: Pin | undefined;
  /** Whether the issuer has changed its root. The pinned root stays trusted, but this root does not sign again. */
  readonly outdated: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Whether Weft created the object. */
export function isManaged({ metadata }: Pick<MeshRootCertificate, 'metadata'>): boolean {
  return metadata.labels?.[madeByControlPlane.label] === madeByControlPlane.value;
}

/** Reads MeshRootCertificates, the oldest first. Never throws. */
export function readRecords(
  objects: Iterable<MeshRootCertificate>,
  namespace: string,
): readonly RootRecord[] {
  const records = [...objects].map((object) => readRecord(object, namespace));
  return records.toSorted((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1));
}

function readRecord(object: MeshRootCertificate, namespace: string): RootRecord {
  const { metadata, spec, status } = object;
  const refusal = refusalOf(object, namespace);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return {
    name: metadata.name,
    object,
    managed: isManaged(object),
    role: spec.role,
    spec: refusal === undefined ? rootOfMrc(object) : undefined,
    refusal,
    pin: pinIn(status),
    outdated: ready?.reason === 'RootChanged',
    createdAt: Date.parse(metadata.creationTimestamp ?? '') || 0,
  };
}

function pinIn(status: MeshRootCertificate['status']): Pin | undefined {
  const { roots, fingerprint, notAfter } = status ?? {};
  if (roots === undefined || fingerprint === undefined) return undefined;
  return {
    roots,
    fingerprint,
    notAfter: notAfter === undefined ? undefined : Date.parse(notAfter),
  };
}

function refusalOf(object: MeshRootCertificate, namespace: string): RootRefusal | undefined {
  const { provider } = object.spec;
  const elsewhere = secretsOf(provider).find(({ where }) => where !== namespace);
  if (elsewhere !== undefined) {
    const { field, where } = elsewhere;
    const message = `spec.provider.${field}.namespace is ${where}, but Weft reads Secrets only in namespace ${namespace}: copy the Secret there and name the copy`;
    return { reason: 'SecretElsewhere', message };
  }
  if (provider.vault !== undefined && provider.vault.protocol !== 'https') {
    const message =
      'spec.provider.vault.protocol is http, which would send the token in plaintext; create another MeshRootCertificate with https';
    return { reason: 'InsecureVault', message };
  }
  const audience = provider.vault?.kubernetesAuth?.audience;
  const unfit = audience === undefined ? undefined : problemOfVaultAudience(audience);
  if (unfit !== undefined) {
    const message = `spec.provider.vault.kubernetesAuth.audience: ${unfit}; create another MeshRootCertificate`;
    return { reason: 'UnsafeAudience', message };
  }
  if (rootOfMrc(object) !== undefined) return undefined;
  const message =
    'spec.provider names no provider; create another MeshRootCertificate with a provider';
  return { reason: 'InvalidProvider', message };
}

function secretsOf({
  tresor,
  vault,
}: MeshRootCertificate['spec']['provider']): readonly { field: string; where: string }[] {
  const token = vault?.token?.secretKeyRef;
  return [
    ...(tresor ? [{ field: 'tresor.ca.secretRef', where: tresor.ca.secretRef.namespace }] : []),
    ...(token ? [{ field: 'vault.token.secretKeyRef', where: token.namespace }] : []),
  ];
}

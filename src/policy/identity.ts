import { hasServiceLabel, isDnsName } from '../common/dns-name.ts';

/** A workload's identity: its Kubernetes ServiceAccount. Never split from a string with dots. */
export interface Identity {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** `<namespace>/<service account>`; "/" can stand in neither name. */
export type IdentityKey = string & { readonly brand: 'IdentityKey' };

export function identityKey(identity: Identity): IdentityKey {
  return `${identity.namespace}/${identity.serviceAccount}` as IdentityKey;
}

function identityOf(key: IdentityKey): Identity {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), serviceAccount: key.slice(slash + 1) };
}

export function namespaceOf(key: IdentityKey): string {
  return identityOf(key).namespace;
}

/** The SPIFFE ID on certificates and in access rules: spiffe://<trust domain>/ns/<ns>/sa/<sa>. */
export function spiffeId(trustDomain: string, key: IdentityKey): string {
  return `spiffe://${trustDomain}${spiffePath(key)}`;
}

/** The path of that ID, which is the same in every trust domain: /ns/<ns>/sa/<sa>. */
export function spiffePath(key: IdentityKey): string {
  const { namespace, serviceAccount } = identityOf(key);
  return `/ns/${namespace}/sa/${serviceAccount}`;
}

/**
 * The DNS name that OSM put on certificates, kept as a second SAN. Undefined where it would be no DNS name, could stand
 * for another account (a dot in the account), or could be the name of a Service: every server of Weft is known by such
 * a name, with the label "svc" in it. Then only the SPIFFE ID names the identity.
 */
export function osmDnsName(trustDomain: string, key: IdentityKey): string | undefined {
  const { namespace, serviceAccount } = identityOf(key);
  if (serviceAccount.includes('.')) return undefined;
  const name = `${serviceAccount}.${namespace}.${trustDomain}`;
  return isDnsName(name) && !hasServiceLabel(name) ? name : undefined;
}

/**
 * The path of the control plane's SPIFFE ID in that namespace. No workload can have it: workloads' paths begin with
 * /ns/ (docs/decisions/0095).
 */
export function controlPlanePath(namespace: string): string {
  return `/weft/control-plane/${namespace}`;
}

/** The SPIFFE ID of the control plane in that namespace. */
export function controlPlaneId(trustDomain: string, namespace: string): string {
  return `spiffe://${trustDomain}${controlPlanePath(namespace)}`;
}

/** Who a workload is: its Kubernetes ServiceAccount. Never split from a string with dots. */
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

/** The SPIFFE ID on certificates and in access rules: spiffe://<trust domain>/ns/<ns>/sa/<sa>. */
export function spiffeId(trustDomain: string, key: IdentityKey): string {
  return `spiffe://${trustDomain}${spiffePath(key)}`;
}

/** The path of that ID, which is the same in every trust domain: /ns/<ns>/sa/<sa>. */
export function spiffePath(key: IdentityKey): string {
  const { namespace, serviceAccount } = identityOf(key);
  return `/ns/${namespace}/sa/${serviceAccount}`;
}

/** The DNS name that OSM put on certificates, kept as a second SAN. */
export function osmDnsName(trustDomain: string, key: IdentityKey): string {
  const { namespace, serviceAccount } = identityOf(key);
  return `${serviceAccount}.${namespace}.${trustDomain}`;
}

/** The description of one root of the mesh: its provider, its trust domain and its keys. */
export interface RootSpec {
  readonly provider: RootProvider;
  readonly trustDomain: string;
  /** Keys of leaves, and of the root or intermediate where Weft makes it. */
  readonly key: KeyChoice;
}

export type KeyChoice =
  { readonly algorithm: 'ECDSA' } | { readonly algorithm: 'RSA'; readonly bits: number };

export type RootProvider = BuiltInRoot | CertManagerRoot | VaultRoot;

/** Weft's own authority, in a Secret of the MeshConfig's namespace that is made if it is not there. */
export interface BuiltInRoot {
  readonly kind: 'builtIn';
  readonly secretName: string;
}

/** Whether the issuer signs one intermediate, from which leaves are issued here, or every leaf. */
export type ProviderMode = 'intermediate' | 'leaf';

export interface CertManagerRoot {
  readonly kind: 'certManager';
  readonly issuerRef: { readonly group: string; readonly kind: string; readonly name: string };
  readonly mode: ProviderMode;
}

export interface VaultRoot {
  readonly kind: 'vault';
  /** Begins with https:// */
  readonly address: string;
  /** Roots that verify Vault's own certificate; absent: the system's roots. */
  readonly caBundle?: SecretKey;
  /** The namespace inside Vault; '' for none. */
  readonly namespace: string;
  readonly mount: string;
  readonly issuer: string;
  readonly role: string;
  readonly mode: ProviderMode;
  readonly auth: VaultAuth;
}

export type VaultAuth =
  | {
      readonly kind: 'kubernetes';
      readonly mount: string;
      readonly role: string;
      readonly audience: string;
    }
  | { readonly kind: 'token'; readonly secret: SecretKey };

/** One key of a Secret in the MeshConfig's namespace. */
export interface SecretKey {
  readonly name: string;
  readonly key: string;
}

// Generated from crds/meshrootcertificate.yaml by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** One root of the mesh. Weft writes one for each root it used; an OSM user may write their own and drive a switch by their roles. */
export interface MeshRootCertificate extends KubernetesObject {
  readonly kind: 'MeshRootCertificate';
  readonly spec: Frozen<MeshRootCertificateSpec>;
  readonly status?: Frozen<MeshRootCertificateStatus>;
}

export interface MeshRootCertificateSpec {
  /**
   * Trust domain of the identities that this root vouches for. Never changes.
   */
  trustDomain?: string;
  /**
   * active signs and is trusted; passive is trusted; inactive is neither. The mesh follows step by step, on proof from every proxy; status.state says how far it is.
   */
  role: 'active' | 'passive' | 'inactive';
  /**
   * OSM's switch for SPIFFE identities, which Weft always issues; no effect. Never changes.
   */
  spiffeEnabled?: boolean;
  /**
   * Keys of workloads under this root. Never changes.
   */
  keyAlgorithm?: 'ECDSA' | 'RSA';
  /**
   * Size of RSA keys in bits.
   */
  keyBitSize?: number;
  /**
   * Where the root is; exactly one of the three. Never changes.
   */
  provider: {
    /**
     * Weft's built-in authority.
     */
    tresor?: {
      ca: {
        secretRef: {
          name: string;
          namespace: string;
        };
      };
    };
    certManager?: {
      issuerName: string;
      issuerKind: string;
      issuerGroup: string;
      /**
       * As in MeshConfig; leaf is what OSM did.
       */
      mode?: 'intermediate' | 'leaf';
    };
    vault?: {
      host: string;
      port?: number;
      /**
       * https. OSM's http is taken, but refused in status, because tokens travel over it.
       */
      protocol?: 'http' | 'https';
      role: string;
      /**
       * As in MeshConfig; leaf is what OSM did.
       */
      mode?: 'intermediate' | 'leaf';
      mount?: string;
      issuer?: string;
      vaultNamespace?: string;
      caBundleSecretRef?: {
        name: string;
        key?: string;
      };
      /**
       * Instead of token.
       */
      kubernetesAuth?: {
        mount?: string;
        role: string;
        audience?: string;
      };
      token?: {
        secretKeyRef: {
          name: string;
          key: string;
          namespace: string;
        };
      };
    };
  };
}

export interface MeshRootCertificateStatus {
  observedGeneration?: number;
  /**
   * issuing signs and is trusted, validating is trusted, unused is neither, probing is being tried, refused cannot be used; conditions say why.
   */
  state?: 'issuing' | 'validating' | 'unused' | 'probing' | 'refused' | 'unknown';
  /**
   * builtIn, certManager or vault.
   */
  provider?: string;
  /**
   * SHA-256 of the root, lower-case hex.
   */
  fingerprint?: string;
  /**
   * When the root ends.
   */
  notAfter?: string;
  /**
   * The root as PEM, as it was when it was tried. Proxies trust just this.
   */
  roots?: string;
  /**
   * The phase of the switch that it is part of.
   */
  phase?: string;
  acknowledged?: number;
  total?: number;
  /**
   * What it was, since when; the newest last, twenty at most.
   *
   * @maxItems 20
   */
  history?: {
    state: string;
    since: string;
    /**
     * Proxies that had acknowledged when it began.
     */
    proxies?: string;
  }[];
  /**
   * OSM's field; Weft goes by proof, not by time, and leaves it out.
   */
  transitionAfter?: string;
  /**
   * OSM's view of it, part by part.
   */
  componentStatuses?: {
    validatingWebhook?: 'issuing' | 'validating' | 'unused' | 'unknown';
    mutatingWebhook?: 'issuing' | 'validating' | 'unused' | 'unknown';
    xdsControlPlane?: 'issuing' | 'validating' | 'unused' | 'unknown';
    sidecar?: 'issuing' | 'validating' | 'unused' | 'unknown';
    bootstrap?: 'issuing' | 'validating' | 'unused' | 'unknown';
    gateway?: 'issuing' | 'validating' | 'unused' | 'unknown';
  };
  /**
   * Accepted and Ready are always there; IssuingRollout, ValidatingRollout, IssuingRollback and ValidatingRollback only while true.
   */
  conditions?: {
    type: string;
    status: 'True' | 'False' | 'Unknown';
    reason: string;
    message: string;
    observedGeneration?: number;
    lastTransitionTime: string;
  }[];
}

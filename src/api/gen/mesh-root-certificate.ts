// Generated from crds/meshrootcertificate.yaml by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** One root of the mesh. Weft writes one for each root it used; an OSM user may create more and control a switch by the roles. */
export interface MeshRootCertificate extends KubernetesObject {
  readonly kind: 'MeshRootCertificate';
  readonly spec: Frozen<MeshRootCertificateSpec>;
  readonly status?: Frozen<MeshRootCertificateStatus>;
}

export interface MeshRootCertificateSpec {
  /**
   * Trust domain of the identities under this root. Never changes.
   */
  trustDomain?: string;
  /**
   * active signs and is trusted; passive is trusted; inactive is neither. The mesh follows step by step, when every proxy has acknowledged; status.state shows the progress.
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
   * The provider of the root; exactly one of the three. Never changes.
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
       * As in MeshConfig; OSM's mode was leaf.
       */
      mode?: 'intermediate' | 'leaf';
    };
    vault?: {
      host: string;
      port?: number;
      /**
       * https. The schema accepts OSM's http, but Weft refuses it in the status, because it would send tokens in plaintext.
       */
      protocol?: 'http' | 'https';
      role: string;
      /**
       * As in MeshConfig; OSM's mode was leaf.
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
   * issuing signs and is trusted, validating is trusted, unused does neither, probing waits for its probe, refused cannot be used; the conditions say why.
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
   * When the root expires.
   */
  notAfter?: string;
  /**
   * The root as PEM, recorded when Weft probed it. Proxies trust exactly this certificate.
   */
  roots?: string;
  /**
   * The phase of the switch that this root is part of.
   */
  phase?: string;
  acknowledged?: number;
  total?: number;
  /**
   * The states of the root and when each began; the newest last, twenty at most.
   *
   * @maxItems 20
   */
  history?: {
    state: string;
    since: string;
    /**
     * Proxies that had acknowledged when the state began.
     */
    proxies?: string;
  }[];
  /**
   * OSM's field. Weft leaves it out, because its switch waits for acknowledgements, not for a time.
   */
  transitionAfter?: string;
  /**
   * The state of each component, in OSM's words.
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

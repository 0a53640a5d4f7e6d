// Generated from crds/meshconfig.yaml by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** MeshConfig describes the service mesh of this cluster. A cluster has one active MeshConfig; the status of any other says that it is not active. */
export interface MeshConfig extends KubernetesObject {
  readonly kind: 'MeshConfig';
  readonly spec: Frozen<MeshConfigSpec>;
  readonly status?: Frozen<MeshConfigStatus>;
}

/**
 * The desired state of the mesh.
 */
export interface MeshConfigSpec {
  /**
   * Name of the mesh. Namespaces join it by the label openservicemesh.io/monitored-by with this value.
   */
  meshName?: string;
  /**
   * The Envoy sidecars.
   */
  sidecar?: {
    /**
     * Runs the init container privileged instead of with NET_ADMIN and NET_RAW only. For new pods.
     */
    enablePrivilegedInitContainer?: boolean;
    /**
     * Envoy's log level. For new pods.
     */
    logLevel?: 'trace' | 'debug' | 'info' | 'warning' | 'warn' | 'error' | 'critical' | 'off';
    /**
     * How many sidecars one control-plane replica accepts; 0 is no limit.
     */
    maxDataPlaneConnections?: number;
    /**
     * Envoy image of the sidecars, best by digest; empty means the image that this version of Weft was tested with. For new pods.
     */
    envoyImage?: string;
    /**
     * Accepted for compatibility; Windows nodes are not supported, so it has no effect.
     */
    envoyWindowsImage?: string;
    /**
     * Image of the init container, best by digest; empty means the image of this version of Weft. For new pods.
     */
    initContainerImage?: string;
    /**
     * Resources of the Envoy container, as in a Pod. For new pods.
     */
    resources?: {
      limits?: {
        [k: string]: number | string;
      };
      requests?: {
        [k: string]: number | string;
      };
    };
    /**
     * Accepted for compatibility. No effect, because Weft pushes configuration when it changes and sends it again when a proxy reconnects.
     */
    configResyncInterval?: string;
    /**
     * Oldest TLS version that sidecars accept and offer.
     */
    tlsMinProtocolVersion?: 'TLS_AUTO' | 'TLSv1_0' | 'TLSv1_1' | 'TLSv1_2' | 'TLSv1_3';
    /**
     * Newest TLS version that sidecars accept and offer. At least TLSv1_2.
     */
    tlsMaxProtocolVersion?: 'TLS_AUTO' | 'TLSv1_0' | 'TLSv1_1' | 'TLSv1_2' | 'TLSv1_3';
    /**
     * Cipher suites for TLS up to 1.2, by OpenSSL's names; empty means Envoy's own list.
     */
    cipherSuites?: string[];
    /**
     * Curves for the TLS key exchange; empty means Envoy's own list.
     */
    ecdhCurves?: string[];
    /**
     * Where the sidecar delivers to the application, 127.0.0.1 or the pod's own address. For new pods.
     */
    localProxyMode?: 'Localhost' | 'PodIP';
  };
  /**
   * The traffic that sidecars intercept and allow.
   */
  traffic?: {
    /**
     * Lets workloads reach destinations outside the mesh.
     */
    enableEgress?: boolean;
    /**
     * true allows all traffic between workloads of the mesh and ignores TrafficTargets. false denies traffic that no TrafficTarget allows.
     */
    enablePermissiveTrafficPolicyMode?: boolean;
    /**
     * How the pathRegex of an HTTPRouteGroup is anchored. Prefix matches from the start of the path, as SMI's text says; Full must match the whole path.
     */
    httpPathMatch?: 'Prefix' | 'Full';
    /**
     * Address ranges (CIDR) that sidecars leave alone, for all pods. For new pods.
     */
    outboundIPRangeExclusionList?: string[];
    /**
     * If not empty, sidecars intercept these address ranges (CIDR) only. For new pods.
     */
    outboundIPRangeInclusionList?: string[];
    /**
     * Destination ports that sidecars leave alone. For new pods.
     */
    outboundPortExclusionList?: number[];
    /**
     * Ports of the application that are reached without the sidecar. For new pods.
     */
    inboundPortExclusionList?: number[];
    /**
     * Network interfaces that sidecars leave alone, in and out. For new pods.
     */
    networkInterfaceExclusionList?: string[];
    /**
     * Asks an external service (Envoy's gRPC ext_authz) about every inbound HTTP request. This version does not support it and refuses a MeshConfig that enables it.
     */
    inboundExternalAuthorization?: {
      enable?: boolean;
      /**
       * Host name or address of the authorization service.
       */
      address?: string;
      port?: number;
      statPrefix?: string;
      /**
       * How long to wait for the answer, such as 1s or 250ms.
       */
      timeout?: string;
      /**
       * Lets requests through when the service does not answer.
       */
      failureModeAllow?: boolean;
    };
  };
  /**
   * Logs, debugging and traces.
   */
  observability?: {
    /**
     * Log level of the control plane, applied at once.
     */
    osmLogLevel?: string;
    /**
     * Accepted for compatibility. No effect; use the weft command to read the state of the control plane.
     */
    enableDebugServer?: boolean;
    /**
     * Zipkin-format traces from every sidecar; not in this version.
     */
    tracing?: {
      enable?: boolean;
      port?: number;
      /**
       * Host of the collector; without it, service jaeger in the namespace of this MeshConfig.
       */
      address?: string;
      /**
       * Path to send spans to.
       */
      endpoint?: string;
    };
  };
  /**
   * Identities and their certificates.
   */
  certificate?: {
    /**
     * How long a workload's certificate is valid, such as 24h or 90m; less than 10m counts as 10m. Renewed at two thirds of it.
     */
    serviceCertValidityDuration?: string;
    /**
     * Size of RSA keys in bits, 2048 to 4096. Without effect while keyAlgorithm is ECDSA.
     */
    certKeyBitSize?: number;
    /**
     * Keys of workloads, and of the roots and intermediates that Weft makes. ECDSA is P-256; RSA has certKeyBitSize bits. A change is a switch of the root like that of the provider.
     */
    keyAlgorithm?: 'ECDSA' | 'RSA';
    /**
     * Trust domain of every identity, spiffe://<trustDomain>/ns/<namespace>/sa/<service account>. A change is a switch of the root like that of the provider; both domains are accepted until it is done.
     */
    trustDomain?: string;
    /**
     * The provider that issues certificates. A change moves the running mesh from one root to the other in steps; each step begins when every proxy has acknowledged the step before. status.certificate.rotation shows the progress.
     */
    provider?: {
      /**
       * builtIn is Weft's own authority, kept in a Secret beside this object; certManager and vault use an issuer outside of Weft.
       */
      kind?: 'builtIn' | 'certManager' | 'vault';
      /**
       * The root of the built-in authority. Without it, Weft creates a root and keeps it.
       */
      builtIn?: {
        /**
         * A Secret in the namespace of this MeshConfig with tls.crt, tls.key and ca.crt (a root, or an intermediate with its chain); Weft creates the Secret with a new root if it does not exist. Another name is another root.
         */
        caSecretRef?: {
          name: string;
        };
      };
      /**
       * An Issuer (in the namespace of this MeshConfig), a ClusterIssuer, or an issuer of another group that cert-manager knows.
       */
      certManager?: {
        issuerRef: {
          group?: string;
          kind?: string;
          name: string;
        };
        /**
         * intermediate requests one signing certificate and issues leaves from it; leaf requests every leaf.
         */
        mode?: 'intermediate' | 'leaf';
      };
      /**
       * The PKI engine of HashiCorp Vault or OpenBao.
       */
      vault?: {
        /**
         * Such as https://vault.example.com:8200. Redirects are not followed.
         */
        address: string;
        /**
         * A Secret in the namespace of this MeshConfig with the roots that verify Vault's own certificate, under the key ca.crt unless another key is named.
         */
        caBundleSecretRef?: {
          name: string;
          key?: string;
        };
        /**
         * Namespace within Vault; empty for its root namespace.
         */
        namespace?: string;
        /**
         * Path of the PKI engine.
         */
        mount?: string;
        /**
         * Issuer within the PKI engine, by name or id.
         */
        issuer?: string;
        /**
         * Role of the PKI engine that leaves are signed under. Mode intermediate does not use it.
         */
        role: string;
        /**
         * intermediate requests one signing certificate and issues leaves from it; leaf requests every leaf.
         */
        mode?: 'intermediate' | 'leaf';
        /**
         * How the control plane logs in; exactly one of the two.
         */
        auth?: {
          kubernetes?: {
            mount?: string;
            role: string;
            /**
             * Audience of the service account token that Weft sends. It must not be an audience of the API server.
             */
            audience?: string;
          };
          /**
           * A Secret in the namespace of this MeshConfig with a token for Vault, under the key token unless another key is named. The Secret needs the label weft.dev/sent-to-vault: "true", with which its owner allows Weft to send it to Vault.
           */
          tokenSecretRef?: {
            name: string;
            key?: string;
          };
        };
      };
    };
    /**
     * How the mesh moves from one root to another.
     */
    rotation?: {
      /**
       * How long a kubelet may take to bring a changed ConfigMap into running pods. The control plane's own certificate moves to the new root at the earliest this long after the roots were published, and only after every proxy has acknowledged.
       */
      bundlePropagation?: string;
      /**
       * How long a switch waits for a proxy that does not answer before setAside applies to it.
       */
      setAsideAfter?: string;
      /**
       * Pods, as <namespace>/<name>, or all pods of a namespace, as <namespace>/*, that a switch leaves behind when they have not answered for setAsideAfter. They lose some connections when the new root signs, and all connections when the old root is dropped; restart them.
       *
       * @maxItems 200
       */
      setAside?: string[];
      /**
       * How long before its end Weft replaces a root that it created. For other roots, how long before the end Weft begins to warn.
       */
      renewBefore?: string;
    };
    /**
     * A certificate for an ingress gateway outside the mesh, written to the Secret named here.
     */
    ingressGateway?: {
      /**
       * DNS names of the gateway; the first label may be a wildcard. A name must not match a name of the control plane.
       *
       * @minItems 1
       * @maxItems 100
       */
      subjectAltNames: [string, ...string[]];
      /**
       * How long the gateway's certificate is valid. It is renewed before that.
       */
      validityDuration: string;
      /**
       * The Secret that Weft writes the certificate to. It must not be a Secret with a root, or a Secret that spec.certificate.provider names.
       */
      secret: {
        name: string;
        namespace: string;
      };
    };
  };
  /**
   * The Deployment of the control plane, which the operator creates.
   */
  controlPlane?: {
    /**
     * How many replicas serve. Without effect while autoscaling is set.
     */
    replicas?: number;
    /**
     * Lets a HorizontalPodAutoscaler decide how many replicas serve.
     */
    autoscaling?: {
      min?: number;
      max?: number;
      /**
       * Average CPU use to aim at, in percent of the CPU request.
       */
      targetCPU?: number;
    };
    /**
     * Resources of the control-plane container.
     */
    resources?: {
      limits?: {
        [k: string]: number | string;
      };
      requests?: {
        [k: string]: number | string;
      };
    };
    /**
     * Image of the control plane; empty means the operator's own.
     */
    image?: string;
    nodeSelector?: {
      [k: string]: string;
    };
    /**
     * As in a Pod.
     */
    tolerations?: {
      key?: string;
      operator?: 'Exists' | 'Equal';
      value?: string;
      effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      tolerationSeconds?: number;
    }[];
    /**
     * As in a Pod. Without it, replicas prefer different nodes.
     */
    affinity?: {
      [k: string]: unknown;
    };
    priorityClassName?: string;
    /**
     * How many replicas a voluntary disruption may take away, or must leave.
     */
    podDisruptionBudget?: {
      minAvailable?: number | string;
      maxUnavailable?: number | string;
    };
  };
  /**
   * The sidecars as a fleet.
   */
  dataPlane?: {
    /**
     * How running sidecars get a new version. This version restarts no workload; restart workloads yourself.
     */
    upgrade?: {
      strategy?: 'Manual' | 'Rolling';
      maxUnavailable?: number | string;
    };
  };
  /**
   * Tools installed beside the mesh. This version installs none of them.
   */
  addons?: {
    prometheus?: {
      [k: string]: unknown;
    };
    grafana?: {
      [k: string]: unknown;
    };
    tracing?: {
      [k: string]: unknown;
    };
  };
  /**
   * OSM's feature flags, accepted so that its manifests apply. No flag has an effect; its feature is always on, or not in this version.
   */
  featureFlags?: {
    enableWASMStats?: boolean;
    enableEgressPolicy?: boolean;
    enableMulticlusterMode?: boolean;
    enableSnapshotCacheMode?: boolean;
    enableAsyncProxyServiceMapping?: boolean;
    enableIngressBackendPolicy?: boolean;
    enableEnvoyActiveHealthChecks?: boolean;
    enableRetryPolicy?: boolean;
    enableMeshRootCertificate?: boolean;
  };
}

/**
 * The current state of the mesh. Written by the operator.
 */
export interface MeshConfigStatus {
  observedGeneration?: number;
  /**
   * When the operator last wrote this status, to the minute. While an operator is at work, it is at most two minutes old.
   */
  lastCheckedTime?: string;
  /**
   * Version of Weft in force.
   */
  version?: string;
  /**
   * The settings of spec.traffic in force. They do not change while Stalled has the reason InvalidSpec or NotAvailable.
   */
  traffic?: {
    /**
     * Whether every workload of the mesh may call every other workload.
     */
    permissive?: boolean;
    /**
     * Whether workloads reach destinations outside the mesh.
     */
    egress?: boolean;
  };
  /**
   * Fields that the spec sets and that have no effect, and why.
   */
  notes?: string[];
  /**
   * Ready, ControlPlaneAvailable, CertificatesReady, ProxiesSynced, PodsInMesh and ServicesServed are always there; Reconciling and Stalled only while true.
   */
  conditions?: {
    type: string;
    status: 'True' | 'False' | 'Unknown';
    reason: string;
    message: string;
    observedGeneration?: number;
    lastTransitionTime: string;
  }[];
  proxies?: {
    /**
     * Sidecars with a stream to the control plane.
     */
    connected?: number;
    /**
     * Of these, sidecars that acknowledged everything that they were sent.
     */
    synced?: number;
    /**
     * Of these, sidecars that rejected a resource; they keep their previous configuration.
     */
    rejected?: number;
    /**
     * Of these, sidecars that have not acknowledged their configuration for 15 s.
     */
    late?: number;
    /**
     * Pods that have a sidecar or should have one.
     */
    expected?: number;
    /**
     * Of these, pods that start or connect again and are within the time limit.
     */
    starting?: number;
    /**
     * Of these, pods whose sidecar has never connected within the time limit.
     */
    stuck?: number;
    /**
     * Of these, pods whose sidecar crashes.
     */
    crashing?: number;
    /**
     * Of these, pods that run but whose sidecar has lost its connection.
     */
    lost?: number;
    /**
     * Of these, pods whose sidecar refuses the control plane's certificate.
     */
    refusing?: number;
    /**
     * Of these, pods that run without a sidecar.
     */
    withoutSidecar?: number;
    /**
     * Pods of the mesh's namespaces that have no sidecar on purpose.
     */
    leftOut?: number;
    /**
     * synced/expected.
     */
    summary?: string;
  };
  certificate?: {
    /**
     * The provider that signs; during a switch, the old and the new provider and the progress.
     */
    summary?: string;
    /**
     * The provider that signs.
     */
    provider?: string;
    /**
     * The MeshRootCertificate that signs.
     */
    root?: string;
    /**
     * When the root certificate expires.
     */
    rootNotAfter?: string;
    /**
     * When Weft begins to replace the root. Absent if the owner of the root must replace it.
     */
    rootRenewsAt?: string;
    /**
     * The plan that every replica of the control plane follows. Only the operator writes it; editing it by hand endangers connections.
     */
    plan?: {
      /**
       * Counts the changes of this plan.
       */
      step: number;
      /**
       * The MeshRootCertificate that signs workloads' certificates.
       */
      signer?: string;
      /**
       * The step at which this root began to sign.
       */
      signerStep?: number;
      /**
       * The MeshRootCertificate that signs the control plane's own certificate.
       */
      serverSigner?: string;
      serverStep?: number;
      /**
       * The MeshRootCertificates that are trusted.
       */
      trusted: string[];
      /**
       * The step at which this list last changed.
       */
      trustedStep?: number;
      /**
       * A MeshRootCertificate that Weft probes before any proxy trusts it.
       */
      candidate?: string;
    };
    /**
     * Present while the mesh moves from one root to another.
     */
    rotation?: {
      /**
       * The MeshRootCertificate that signed before.
       */
      from?: string;
      /**
       * The MeshRootCertificate that will sign.
       */
      to: string;
      /**
       * Preflight, TrustBoth, SignNew, Settle or DropOld. A switch can go back in every phase except DropOld.
       */
      phase: 'Preflight' | 'TrustBoth' | 'SignNew' | 'Settle' | 'DropOld';
      /**
       * Proxies that acknowledged the change of this phase.
       */
      acknowledged?: number;
      total?: number;
      /**
       * When the phase began.
       */
      since?: string;
      /**
       * Pods that the phase waits for, ten at most, as <namespace>/<pod>.
       */
      waiting?: string[];
      /**
       * What the phase waits for, and the next step if that takes long.
       */
      message?: string;
    };
  };
  components?: {
    name: string;
    version?: string;
    /**
     * Replicas available / replicas wanted.
     */
    available?: string;
  }[];
}

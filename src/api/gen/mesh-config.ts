// Generated from crds/meshconfig.yaml by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** MeshConfig describes the service mesh of this cluster. Exactly one rules; a second is refused in its status. */
export interface MeshConfig extends KubernetesObject {
  readonly kind: 'MeshConfig';
  readonly spec: Frozen<MeshConfigSpec>;
  readonly status?: Frozen<MeshConfigStatus>;
}

/**
 * What the mesh should be.
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
     * Envoy image of the sidecars, best by digest; empty means the one that this version of Weft was tested with. For new pods.
     */
    envoyImage?: string;
    /**
     * Accepted for compatibility; Windows nodes are not supported, so it has no effect.
     */
    envoyWindowsImage?: string;
    /**
     * Image of the init container, best by digest; empty means the one that belongs to this version of Weft. For new pods.
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
     * Accepted for compatibility. Configuration is pushed when it changes and re-sent on reconnection, so nothing needs resending; no effect.
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
   * What traffic the mesh lets through and intercepts.
   */
  traffic?: {
    /**
     * Lets workloads reach destinations outside the mesh.
     */
    enableEgress?: boolean;
    /**
     * Lets every workload of the mesh call every other; TrafficTargets are ignored. False denies what no TrafficTarget allows.
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
     * Asks an external service (Envoy's gRPC ext_authz) about every inbound HTTP request; not in this version, and not passed over either.
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
     * Accepted for compatibility. What the control plane knows is read with the weft command instead; no effect.
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
     * Who issues certificates. A change moves the running mesh from one root to the other, step by step, each step taken when every proxy has acknowledged the one before; status.certificate.rotation tells how far it is.
     */
    provider?: {
      /**
       * builtIn is Weft's own authority, kept in a Secret beside this object; certManager and vault ask an issuer outside of Weft.
       */
      kind?: 'builtIn' | 'certManager' | 'vault';
      /**
       * Which root the built-in authority has. Without it Weft makes one and keeps it.
       */
      builtIn?: {
        /**
         * A Secret in the namespace of this MeshConfig with tls.crt, tls.key and ca.crt (a root, or an intermediate with its chain); Weft makes a new root in it if it is not there. Another name is another root.
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
         * intermediate asks for one signing certificate and issues leaves from it; leaf asks for every leaf.
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
         * A Secret in the namespace of this MeshConfig with the roots by which Vault's own certificate is judged, under the key ca.crt unless another is named.
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
         * intermediate asks for one signing certificate and issues leaves from it; leaf asks for every leaf.
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
             * Audience of the service account token that is sent. None of the API server's own.
             */
            audience?: string;
          };
          /**
           * A Secret in the namespace of this MeshConfig with a token for Vault, under the key token unless another is named. It needs the label weft.dev/sent-to-vault: "true", by which its owner says that it may be sent there.
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
       * How long a kubelet may take to bring a changed ConfigMap into running pods. The control plane's own certificate moves to the new root no sooner after the roots were published; whether every proxy followed is asked all the same.
       */
      bundlePropagation?: string;
      /**
       * How long a proxy that does not answer is waited for before setAside applies to it.
       */
      setAsideAfter?: string;
      /**
       * Pods, as <namespace>/<name>, or all pods of a namespace, as <namespace>/*, that a switch goes on without when they have not answered for setAsideAfter. They lose connections from when the new root signs, and all when the old one is dropped; restart them.
       *
       * @maxItems 200
       */
      setAside?: string[];
      /**
       * How long before its end a root is replaced by a new one. Applies to roots that Weft makes; for others it is when Weft begins to warn.
       */
      renewBefore?: string;
    };
    /**
     * A certificate for an ingress gateway outside the mesh, written to the Secret named here.
     */
    ingressGateway?: {
      /**
       * DNS names of the gateway; the first label may be a wildcard. None that could be taken for the control plane's.
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
       * Where the certificate is written. None of the Secrets that the control plane keeps a root in, or is told to read.
       */
      secret: {
        name: string;
        namespace: string;
      };
    };
  };
  /**
   * The Deployment of the control plane, which the operator makes.
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
     * How running sidecars get a new version. This version restarts no workload; restart them when it suits you.
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
   * OSM's feature flags, accepted so that its manifests apply. What they switched on is always on, or not in this version; none has an effect.
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
 * What the mesh is. Written by the operator.
 */
export interface MeshConfigStatus {
  observedGeneration?: number;
  /**
   * When the operator last looked, to the minute. While an operator is at work it is at most two minutes old.
   */
  lastCheckedTime?: string;
  /**
   * Version of Weft in force.
   */
  version?: string;
  /**
   * What of spec.traffic is in force. It stays as it is while Stalled says InvalidSpec or NotAvailable.
   */
  traffic?: {
    /**
     * Whether every workload of the mesh may call every other.
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
     * Of these, sidecars that acknowledged all that was sent.
     */
    synced?: number;
    /**
     * Of these, sidecars that rejected something; they go on with what they had.
     */
    rejected?: number;
    /**
     * Of these, sidecars that have not acknowledged something for 15 s.
     */
    late?: number;
    /**
     * Pods that have a sidecar or should have one.
     */
    expected?: number;
    /**
     * Of these, pods that start or connect again and are within their time.
     */
    starting?: number;
    /**
     * Of these, pods that had their time and whose sidecar has never connected.
     */
    stuck?: number;
    /**
     * Of these, pods whose sidecar crashes.
     */
    crashing?: number;
    /**
     * Of these, pods whose sidecar was connected and is not, though the pod runs.
     */
    lost?: number;
    /**
     * Of these, pods whose sidecar does not take the control plane's certificate.
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
     * Who issues certificates; while that changes, from whom to whom and how far.
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
     * When the root certificate ends.
     */
    rootNotAfter?: string;
    /**
     * When Weft begins to replace the root by a new one. Not there where another root is up to its owner.
     */
    rootRenewsAt?: string;
    /**
     * What every replica of the control plane is to do, in step. Written by the operator alone; editing it by hand endangers connections.
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
       * The step at which it began to.
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
       * The step at which this became the list.
       */
      trustedStep?: number;
      /**
       * A MeshRootCertificate to be tried out with a probe, before anybody trusts it.
       */
      candidate?: string;
    };
    /**
     * There while the mesh moves from one root to another.
     */
    rotation?: {
      /**
       * The MeshRootCertificate that signed before.
       */
      from?: string;
      /**
       * The MeshRootCertificate that is to sign.
       */
      to: string;
      /**
       * Preflight, TrustBoth, SignNew, Settle or DropOld. All but the last can go back.
       */
      phase: 'Preflight' | 'TrustBoth' | 'SignNew' | 'Settle' | 'DropOld';
      /**
       * Proxies that acknowledged what this phase asks for.
       */
      acknowledged?: number;
      total?: number;
      /**
       * When the phase began.
       */
      since?: string;
      /**
       * Some of those that the phase waits for, ten at most, as <namespace>/<pod>.
       */
      waiting?: string[];
      /**
       * What the phase waits for, and what to do when that takes long.
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

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
     * Envoy image of the sidecars; empty means the one that this version of Weft was tested with.
     */
    envoyImage?: string;
    /**
     * Accepted for compatibility; Windows nodes are not supported, so it has no effect.
     */
    envoyWindowsImage?: string;
    /**
     * Image of the init container; empty means the one that belongs to this version of Weft.
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
     * Asks an external service (Envoy's gRPC ext_authz) about every inbound HTTP request.
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
     * Zipkin-format traces from every sidecar.
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
     * OSM's RSA key size, 2048 to 4096. Workload keys are ECDSA P-256, so it has no effect.
     */
    certKeyBitSize?: number;
    /**
     * Trust domain of every identity, spiffe://<trustDomain>/ns/<namespace>/sa/<service account>.
     */
    trustDomain?: string;
    /**
     * Who issues certificates.
     */
    provider?: {
      /**
       * builtIn is Weft's own authority, kept in a Secret beside this object. certManager and vault are not available in this version; a MeshConfig that names one is reported and changes nothing.
       */
      kind?: 'builtIn' | 'certManager' | 'vault';
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
      vault?: {
        address: string;
        caBundleSecretRef?: {
          name: string;
          key?: string;
        };
        mount?: string;
        role: string;
        mode?: 'intermediate' | 'leaf';
        auth?: {
          kubernetes?: {
            mount?: string;
            role: string;
          };
          tokenSecretRef?: {
            name: string;
            key?: string;
          };
        };
      };
    };
    /**
     * A certificate for an ingress gateway outside the mesh, written to a Secret.
     */
    ingressGateway?: {
      /**
       * @minItems 1
       */
      subjectAltNames: [string, ...string[]];
      validityDuration: string;
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
     * How running sidecars get a new version. This version rolls nothing by itself; restart workloads when it suits them.
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
   * Version of Weft in force.
   */
  version?: string;
  /**
   * Ready, ControlPlaneAvailable, CertificatesReady and ProxiesSynced are always there; Reconciling and Stalled only while true.
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
     * synced/connected.
     */
    summary?: string;
  };
  certificate?: {
    provider?: string;
    /**
     * When the root certificate ends.
     */
    rootNotAfter?: string;
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

import { httpFilters, socket, typeUrl } from './bootstrap-json.ts';
import { type ControlPlaneAddress, addressFile, discovery } from './control-plane-address.ts';
import { ports } from './ports.ts';
import { adminUpstream, readyListener } from './static-listeners.ts';

/** Where a sidecar finds its files. Both must be mounted before Envoy starts. */
export const mountPaths = {
  /** A ConfigMap with the files of `bootstrapFiles` and `ca.crt`. */
  bootstrap: '/etc/weft/bootstrap',
  /** A projected volume with one file, `token`: the pod-bound service-account token. */
  token: '/var/run/secrets/weft.dev/token',
} as const;

/** Names of the files in `mountPaths.bootstrap`. */
export const bootstrapFileNames = {
  bootstrap: 'bootstrap.yaml',
  ca: 'sds-ca.yaml',
  token: 'sds-token.yaml',
  /** The addresses of the control plane's Service. */
  address: 'eds-xds.yaml',
  /** The control plane's trust bundle (PEM). The owner of the certificates puts it there. */
  trust: 'ca.crt',
} as const;

export interface BootstrapOptions extends ControlPlaneAddress {
  /** DNS name of the control plane's Service: authority and SAN, whatever its addresses are. */
  readonly controlPlane: string;
  /** The path of the control plane's SPIFFE ID, which is the same in every trust domain. */
  readonly controlPlanePath: string;
  /** Whether pods have IPv6 addresses. */
  readonly ipv6: boolean;
  /** Other directories, for tests. */
  readonly paths?: { readonly bootstrap: string; readonly token: string };
}

/**
 * HTTP/2 windows towards the control plane, the smallest that Envoy accepts (docs/decisions/0023). For each TLS
 * connection Node keeps as much memory as was ever in flight at once: with Envoy's default of 16 MiB a thousand proxies
 * cost the control plane 220 MB more.
 */
export const xdsWindowBytes = 65_535;
/** How often a sidecar pings its control plane over HTTP/2. */
export const xdsPingSeconds = 30;

const tlsSockets = 'envoy.extensions.transport_sockets.tls.v3';
const xdsCluster = 'xds';
const maxConnections = 50_000;

/**
 * The text of a sidecar's bootstrap files, by file name. They hold no secret and are the same for every pod of the
 * mesh. Node id and cluster come from Envoy's flags. Envoy waits for its first configuration without a time limit, and
 * answers `readyPath` on `ports.ready` once it has it.
 */
export function bootstrapFiles(options: BootstrapOptions): Readonly<Record<string, string>> {
  const paths = options.paths ?? mountPaths;
  return {
    [bootstrapFileNames.bootstrap]: text(bootstrap(options, paths.bootstrap)),
    [bootstrapFileNames.ca]: text(secretFile('xds-ca', trustSecret(paths.bootstrap))),
    [bootstrapFileNames.token]: text(secretFile('xds-token', tokenSecret(paths.token))),
    [bootstrapFileNames.address]: text(addressFile(xdsCluster, options)),
  };
}

function text(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function bootstrap(options: BootstrapOptions, directory: string): object {
  return {
    admin: { address: socket('127.0.0.1', ports.admin), ignore_global_conn_limit: true },
    dynamic_resources: {
      ads_config: adsConfig(options),
      cds_config: waitForever,
      lds_config: waitForever,
    },
    static_resources: {
      clusters: [controlPlaneCluster(options, directory), adminUpstream()],
      listeners: [readyListener(options.ipv6)],
    },
    overload_manager: overloadManager,
    // Counters of a cluster appear with its first request: a mesh of a thousand services stays small.
    deferred_stat_options: { enable_deferred_creation_stats: true },
    layered_runtime: {
      layers: [
        { name: 'static', static_layer: runtime },
        { name: 'admin', admin_layer: {} },
      ],
    },
  };
}

/** A user's regex may be long. Admission limits its length; Envoy's default limit would reject the routes. */
const runtime = {
  're2.max_program_size.error_level': 100_000,
  're2.max_program_size.warn_level': 100_000,
};

const waitForever = { resource_api_version: 'V3', ads: {}, initial_fetch_timeout: '0s' };

const overloadManager = {
  resource_monitors: [
    {
      name: 'envoy.resource_monitors.global_downstream_max_connections',
      typed_config: {
        '@type': typeUrl(
          'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
        ),
        max_active_downstream_connections: maxConnections,
      },
    },
  ],
};

function adsConfig(options: BootstrapOptions): object {
  return {
    api_type: 'DELTA_GRPC',
    transport_api_version: 'V3',
    set_node_on_first_message_only: true,
    grpc_services: [
      {
        envoy_grpc: {
          cluster_name: xdsCluster,
          authority: options.controlPlane,
          skip_envoy_headers: true,
          // Without it the back-off between reconnects grows to 30 s.
          retry_policy: { retry_back_off: { base_interval: '0.2s', max_interval: '5s' } },
        },
      },
    ],
  };
}

function controlPlaneCluster(options: BootstrapOptions, directory: string): object {
  return {
    name: xdsCluster,
    ...discovery(xdsCluster, options, { path: directory, file: bootstrapFileNames.address }),
    connect_timeout: '5s',
    upstream_connection_options: {
      tcp_keepalive: { keepalive_probes: 3, keepalive_time: 30, keepalive_interval: 5 },
    },
    transport_socket: controlPlaneTls(options, directory),
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': typeUrl('envoy.extensions.upstreams.http.v3.HttpProtocolOptions'),
        // The certificate has to have the DNS name that is called as well as the SPIFFE ID.
        upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true },
        explicit_http_config: {
          http2_protocol_options: {
            connection_keepalive: { interval: `${xdsPingSeconds}s`, timeout: '5s' },
            initial_stream_window_size: xdsWindowBytes,
            initial_connection_window_size: xdsWindowBytes,
          },
        },
        http_filters: [credentialInjector(directory), upstreamCodec],
      },
    },
  };
}

function controlPlaneTls(options: BootstrapOptions, directory: string): object {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': typeUrl(`${tlsSockets}.UpstreamTlsContext`),
      sni: options.controlPlane,
      common_tls_context: {
        alpn_protocols: ['h2'],
        // As a client, Envoy uses TLS 1.2 at most by default; the control plane requires 1.3.
        tls_params: {
          tls_minimum_protocol_version: 'TLSv1_3',
          tls_maximum_protocol_version: 'TLSv1_3',
        },
        combined_validation_context: {
          default_validation_context: {
            match_typed_subject_alt_names: [
              { san_type: 'URI', matcher: { safe_regex: { regex: anyDomain(options) } } },
            ],
          },
          validation_context_sds_secret_config: fileSecret(
            'xds-ca',
            `${directory}/${bootstrapFileNames.ca}`,
          ),
        },
      },
    },
  };
}

/**
 * The control plane's ID in any trust domain: the mesh may move to another one while this Envoy runs.
 * Workloads can have no such ID, whatever they are called.
 */
function anyDomain({ controlPlanePath }: BootstrapOptions): string {
  return `spiffe://[^/]+${controlPlanePath}`;
}

function credentialInjector(directory: string): object {
  return {
    name: 'envoy.filters.http.credential_injector',
    typed_config: {
      '@type': typeUrl(`${httpFilters}.credential_injector.v3.CredentialInjector`),
      overwrite: true,
      allow_request_without_credential: false,
      credential: {
        name: 'envoy.http.injected_credentials.generic',
        typed_config: {
          '@type': typeUrl('envoy.extensions.http.injected_credentials.generic.v3.Generic'),
          header: 'authorization',
          header_value_prefix: 'Bearer ',
          credential: fileSecret('xds-token', `${directory}/${bootstrapFileNames.token}`),
        },
      },
    },
  };
}

const upstreamCodec = {
  name: 'envoy.filters.http.upstream_codec',
  typed_config: { '@type': typeUrl(`${httpFilters}.upstream_codec.v3.UpstreamCodec`) },
};

function fileSecret(name: string, path: string): object {
  return { name, sds_config: { resource_api_version: 'V3', path_config_source: { path } } };
}

function secretFile(name: string, secret: object): object {
  return { resources: [{ '@type': typeUrl(`${tlsSockets}.Secret`), name, ...secret }] };
}

function trustSecret(directory: string): object {
  const file = { filename: `${directory}/${bootstrapFileNames.trust}` };
  return { validation_context: { trusted_ca: file, watched_directory: { path: directory } } };
}

function tokenSecret(directory: string): object {
  const secret = { filename: `${directory}/token`, watched_directory: { path: directory } };
  return { generic_secret: { secret } };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../tools/base/probe.ts';
import { envoyBinary } from '../../../tools/parts/envoy.ts';
import { msUntil } from '../time/until.ts';

const tls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3';
const http = 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const filters = 'type.googleapis.com/envoy.extensions.filters.http';
const injected =
  'type.googleapis.com/envoy.extensions.http.injected_credentials.generic.v3.Generic';

export interface EnvoyOptions {
  /** Port of the control plane on loopback. */
  readonly port: number;
  readonly serverName: string;
  readonly ca: string;
  readonly token: string;
}

/** A real Envoy that connects as a sidecar does: token and CA from watched files, nothing secret else. */
export class EnvoyProcess {
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #adminPort: number;

  private constructor(directory: string, process: ChildProcess, adminPort: number) {
    this.#directory = directory;
    this.#process = process;
    this.#adminPort = adminPort;
  }

  static async start(options: EnvoyOptions): Promise<EnvoyProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'weft-envoy-'));
    const adminPort = await freePort();
    await mkdir(join(directory, 'ca'));
    await mkdir(join(directory, 'token'));
    await writeFile(join(directory, 'ca', 'ca.crt'), options.ca);
    await writeFile(join(directory, 'token', 'token'), options.token);
    for (const [name, value] of Object.entries(files(directory, adminPort, options)))
      await writeFile(join(directory, name), JSON.stringify(value));
    const log = createWriteStream(join(directory, 'envoy.log'));
    const child = spawn(
      await envoyBinary(),
      ['-c', join(directory, 'bootstrap.yaml'), '--use-dynamic-base-id', '--concurrency', '1'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.stderr.pipe(log);
    return new EnvoyProcess(directory, child, adminPort);
  }

  /** Replaces the token as the kubelet does: by renaming within the watched directory. */
  replaceToken(token: string): Promise<void> {
    return this.#replace(join('token', 'token'), token);
  }

  replaceCa(ca: string): Promise<void> {
    return this.#replace(join('ca', 'ca.crt'), ca);
  }

  async admin(path: string): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${String(this.#adminPort)}${path}`);
    return answer.text();
  }

  /** The end of its log. */
  async log(): Promise<string> {
    const text = await readFile(join(this.#directory, 'envoy.log'), 'utf8');
    return text.split('\n').slice(-12).join('\n');
  }

  /** Waits as `msUntil` does; a failure shows the end of Envoy's log. */
  until(holds: () => boolean | Promise<boolean>): Promise<number> {
    return msUntil(holds, { seen: () => this.log() });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const gone = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGKILL');
      await gone;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #replace(name: string, text: string): Promise<void> {
    const target = join(this.#directory, name);
    await writeFile(`${target}.next`, text);
    await rename(`${target}.next`, target);
  }
}

function files(
  directory: string,
  adminPort: number,
  { port, serverName }: EnvoyOptions,
): Record<string, unknown> {
  const fileSource = (name: string): object => ({
    resource_api_version: 'V3',
    path_config_source: { path: join(directory, name) },
  });
  const ads = { resource_api_version: 'V3', ads: {} };
  const address = (toPort: number): object => ({
    socket_address: { address: '127.0.0.1', port_value: toPort },
  });
  return {
    'bootstrap.yaml': {
      node: { id: 'claimed', cluster: 'claimed' },
      admin: { address: address(adminPort) },
      dynamic_resources: {
        cds_config: ads,
        lds_config: ads,
        ads_config: {
          api_type: 'DELTA_GRPC',
          transport_api_version: 'V3',
          set_node_on_first_message_only: true,
          grpc_services: [
            {
              envoy_grpc: {
                cluster_name: 'xds',
                authority: serverName,
                retry_policy: { retry_back_off: { base_interval: '0.1s', max_interval: '0.5s' } },
              },
            },
          ],
        },
      },
      static_resources: {
        clusters: [
          {
            name: 'xds',
            type: 'STATIC',
            connect_timeout: '2s',
            load_assignment: {
              cluster_name: 'xds',
              endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
            },
            transport_socket: {
              name: 'envoy.transport_sockets.tls',
              typed_config: {
                '@type': `${tls}.UpstreamTlsContext`,
                sni: serverName,
                common_tls_context: {
                  alpn_protocols: ['h2'],
                  tls_params: { tls_maximum_protocol_version: 'TLSv1_3' },
                  combined_validation_context: {
                    default_validation_context: {
                      match_typed_subject_alt_names: [
                        { san_type: 'DNS', matcher: { exact: serverName } },
                      ],
                    },
                    validation_context_sds_secret_config: {
                      name: 'xds-ca',
                      sds_config: fileSource('sds-ca.yaml'),
                    },
                  },
                },
              },
            },
            typed_extension_protocol_options: {
              'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
                '@type': http,
                explicit_http_config: { http2_protocol_options: {} },
                http_filters: [tokenInjector(fileSource('sds-token.yaml')), upstreamCodec],
              },
            },
          },
        ],
      },
    },
    'sds-ca.yaml': secretFile('xds-ca', {
      validation_context: watched('trusted_ca', join(directory, 'ca'), 'ca.crt'),
    }),
    'sds-token.yaml': secretFile('xds-token', {
      generic_secret: {
        secret: {
          filename: join(directory, 'token', 'token'),
          watched_directory: { path: join(directory, 'token') },
        },
      },
    }),
  };
}

const upstreamCodec = {
  name: 'envoy.filters.http.upstream_codec',
  typed_config: { '@type': `${filters}.upstream_codec.v3.UpstreamCodec` },
};

function tokenInjector(source: object): object {
  return {
    name: 'envoy.filters.http.credential_injector',
    typed_config: {
      '@type': `${filters}.credential_injector.v3.CredentialInjector`,
      overwrite: true,
      allow_request_without_credential: false,
      credential: {
        name: 'envoy.http.injected_credentials.generic',
        typed_config: {
          '@type': injected,
          header: 'authorization',
          header_value_prefix: 'Bearer ',
          credential: { name: 'xds-token', sds_config: source },
        },
      },
    },
  };
}

function watched(field: string, directory: string, file: string): object {
  return {
    [field]: { filename: join(directory, file) },
    watched_directory: { path: directory },
  };
}

function secretFile(name: string, secret: object): object {
  return { resources: [{ '@type': `${tls}.Secret`, name, ...secret }] };
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import type { Leaf } from '../../../src/certificates/issuer.ts';
import {
  openAuthority,
  type SigningAuthority,
} from '../../../src/certificates/signing-authority.ts';
import { identityKey, spiffeId, type IdentityKey } from '../../../src/policy/identity.ts';
import { freePort } from '../../../tools/base/probe.ts';
import { envoyBinary } from '../../../tools/parts/envoy.ts';
import {
  authorityPem,
  makeIntermediate,
  makeRoot,
  type TestAuthority,
} from '../../support/certificates/make-authority.ts';
import { until } from '../../support/time/until.ts';

const account = (serviceAccount: string): IdentityKey =>
  identityKey({ namespace: 'shop', serviceAccount });
const till = account('till');
/** Too long for a common name, so the subject is empty. */
const long = account(`cart.${'v'.repeat(60)}`);

const open = (ca: TestAuthority): SigningAuthority => openAuthority(authorityPem(ca), Date.now());

function leafOf(authority: SigningAuthority, of: IdentityKey): Promise<Leaf> {
  const subject = { kind: 'workload', trustDomain: 'cluster.local', account: of } as const;
  return authority.issue({ subject, validityMs: 600_000, keyKind: 'P-256' }, Date.now());
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Envoy on loopback as the sidecar of `served`: admits peers that `trusted` signed for the account `admits`. */
async function startEnvoy(served: Leaf, trusted: string, admits: IdentityKey): Promise<number> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'weft-envoy-'));
  const config = join(folder, 'envoy.json');
  await writeFile(config, JSON.stringify(configOf({ served, trusted, admits, port })), {
    mode: 0o600,
  });
  const args = [
    '--pdeathsig',
    'KILL',
    await envoyBinary(),
    '-c',
    config,
    '--concurrency',
    '1',
    '--use-dynamic-base-id',
    '-l',
    'error',
  ];
  const envoy: ChildProcess = spawn('setpriv', args, { stdio: 'ignore' });
  ends.push(async () => {
    envoy.kill('SIGKILL');
    if (envoy.exitCode === null && envoy.signalCode === null) await once(envoy, 'exit');
    await rm(folder, { recursive: true });
  });
  return port;
}

function configOf(of: {
  served: Leaf;
  trusted: string;
  admits: IdentityKey;
  port: number;
}): object {
  const tls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
  const http =
    'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
  const router = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
  const routes = [{ match: { prefix: '/' }, direct_response: { status: 200 } }];
  return {
    static_resources: {
      listeners: [
        {
          address: { socket_address: { address: '127.0.0.1', port_value: of.port } },
          filter_chains: [
            {
              transport_socket: {
                name: 'tls',
                typed_config: {
                  '@type': tls,
                  require_client_certificate: true,
                  common_tls_context: commonTls(of),
                },
              },
              filters: [
                {
                  name: 'http',
                  typed_config: {
                    '@type': http,
                    stat_prefix: 'test',
                    http_filters: [{ name: 'router', typed_config: { '@type': router } }],
                    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
                  },
                },
              ],
            },
          ],
        },
      ],
    },
  };
}

const spiffeValidator =
  'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig';

function commonTls(of: { served: Leaf; trusted: string; admits: IdentityKey }): object {
  const domain = { name: 'cluster.local', trust_bundle: { inline_string: of.trusted } };
  const exact = spiffeId(domain.name, of.admits);
  return {
    tls_certificates: [
      {
        certificate_chain: { inline_string: of.served.certificateChain },
        private_key: { inline_string: of.served.privateKey.reveal() },
      },
    ],
    validation_context: {
      custom_validator_config: {
        name: 'envoy.tls.cert_validator.spiffe',
        typed_config: {
          '@type': spiffeValidator,
          trust_domains: [domain],
        },
      },
      match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact } }],
    },
  };
}

/** The status of a request, or the code of what stopped it. Waits for Envoy to listen. */
async function ask(port: number, client: Leaf, ca: string): Promise<number | string> {
  return until(() => tryToAsk(port, client, ca), { holds: (answer) => answer !== 'ECONNREFUSED' });
}

function tryToAsk(port: number, client: Leaf, ca: string): Promise<number | string> {
  const tls = { cert: client.certificateChain, key: client.privateKey.reveal(), ca };
  return new Promise((resolve) => {
    const sent = request(
      { ...tls, host: '127.0.0.1', port, agent: false, checkServerIdentity: () => undefined },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end();
  });
}

it('is taken by a real Envoy on both sides, under a chain and a root among others', async () => {
  // Two roots of one name, as when a person makes the next root with the same command.
  const [old, next] = [makeRoot(), makeRoot()];
  const [under, other] = [open(makeIntermediate(next)), open(old)];
  const trusted = old.root.pem + next.root.pem;
  const port = await startEnvoy(await leafOf(under, till), trusted, long);
  expect(await ask(port, await leafOf(under, long), trusted)).toBe(200);
  expect(await ask(port, await leafOf(other, long), trusted)).toBe(200);
}, 60_000);

it('is refused by a real Envoy for another account, and under a root that it does not trust', async () => {
  const [mine, foreign] = [open(makeRoot()), open(makeRoot())];
  const port = await startEnvoy(await leafOf(mine, till), mine.bundle.pem, long);
  expect(await ask(port, await leafOf(mine, long), mine.bundle.pem)).toBe(200);
  expect(await ask(port, await leafOf(mine, till), mine.bundle.pem)).toMatch(/CERTIFICATE|ALERT/);
  expect(await ask(port, await leafOf(foreign, long), mine.bundle.pem)).toMatch(/UNKNOWN_CA|ALERT/);
  expect(await ask(port, await leafOf(mine, long), foreign.bundle.pem)).toMatch(
    /SIGNATURE|ISSUER|SELF_SIGNED/,
  );
}, 60_000);

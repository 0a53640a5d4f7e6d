// S7: an attacker that has a certificate of the mesh, and sits between a sidecar or a replica and the control plane.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { newRoot, openAuthority } from '../../../src/certificates/signing-authority.ts';
import { certificatesFrom } from '../../support/certificates/make-authority.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { Secret } from '../../../src/common/secret.ts';
import { bootstrapFileNames, bootstrapFiles } from '../../../src/envoy/bootstrap.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import { requestFromReplica } from '../../../src/xds/replicas/request-client.ts';
import { createXdsServer } from '../../../src/xds/server/xds-server.ts';
import { freePort } from '../../../tools/base/probe.ts';
import { envoyBinary } from '../../../tools/parts/envoy.ts';
import {
  makeAuthority,
  ReplaceableCredentials,
  type TestAuthority,
} from '../../support/certificates/server-authority.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(60_000);

const host = 'weft-control-plane.weft-system.svc.cluster.local';
const controlPlanePath = '/weft/control-plane/weft-system';
const controlPlaneId = `spiffe://cluster.local${controlPlanePath}`;
/** Legal in Kubernetes: <account>.<namespace>.<trust domain> is the name of the control plane's Service. */
const thief = 'svc/weft-control-plane.weft-system' as IdentityKey;
const thiefId = 'spiffe://cluster.local/ns/svc/sa/weft-control-plane.weft-system';

/** A server that holds a certificate with these names, and notes what it is sent. */
async function serve(authority: TestAuthority, dnsName: string, uris: readonly string[]) {
  const tokens: string[] = [];
  const stopping = new AbortController();
  const server = createXdsServer({
    authenticate: (token) => {
      tokens.push(token);
      return Promise.reject(new WeftError('not-authenticated', 'noted'));
    },
    credentials: new ReplaceableCredentials(await authority.issue(dnsName, ...uris)),
    replicas: 'weft-system/weft-control-plane' as IdentityKey,
    answer: () => Promise.resolve(new Secret(Buffer.from('answer'))),
    clock: systemClock,
    logger: silentLogger,
  });
  const proxies = await server.listen('127.0.0.1:0', stopping.signal);
  const replicas = await server.listenToReplicas('127.0.0.1:0', stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([proxies.closed, replicas.closed]);
  };
  return { tokens, port: proxies.port, replicaPort: replicas.port, stop };
}

interface Socket {
  readonly match_typed_subject_alt_names: readonly object[];
}

interface Bootstrap {
  admin: { address: object };
  static_resources: {
    listeners: unknown[];
    clusters: {
      name: string;
      type?: string;
      load_assignment?: object;
      transport_socket?: {
        typed_config: {
          common_tls_context: {
            combined_validation_context: { default_validation_context: Socket };
          };
        };
      };
      typed_extension_protocol_options?: Record<string, Record<string, unknown>>;
    }[];
  };
}

const socket = (port: number): object => ({
  socket_address: { address: '127.0.0.1', port_value: port },
});

interface Place {
  readonly port: number;
  readonly admin: number;
  readonly former: boolean;
}

/** The bootstrap that sidecars get, which finds the control plane at that port; `former` as 0.1 made it. */
function bootstrapAt(text: string, { port, admin, former }: Place): string {
  const bootstrap = JSON.parse(text) as Bootstrap;
  bootstrap.admin.address = socket(admin);
  bootstrap.static_resources.listeners = [];
  const xds = bootstrap.static_resources.clusters.find(({ name }) => name === 'xds')!;
  xds.type = 'STATIC';
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: socket(port) } }] }];
  xds.load_assignment = { cluster_name: 'xds', endpoints };
  if (former) {
    const context = xds.transport_socket!.typed_config.common_tls_context;
    context.combined_validation_context.default_validation_context = {
      match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: host } }],
    };
    const [options] = Object.values(xds.typed_extension_protocol_options ?? {});
    delete options?.['upstream_http_protocol_options'];
  }
  return JSON.stringify(bootstrap);
}

/** A real Envoy that starts from it. */
async function startSidecar(port: number, ca: string, former = false) {
  const directory = await mkdtemp(join(tmpdir(), 'weft-test-names-'));
  const admin = await freePort();
  const files = bootstrapFiles({
    ...{ controlPlane: host, controlPlanePath, port: 1, ipv6: false, addresses: [] },
    paths: { bootstrap: directory, token: directory },
  });
  const name = bootstrapFileNames.bootstrap;
  const all = {
    ...files,
    [name]: bootstrapAt(files[name] ?? '', { port, admin, former }),
    [bootstrapFileNames.trust]: ca,
    token: 'the-token',
  };
  for (const [file, text] of Object.entries(all)) await writeFile(join(directory, file), text);
  const args = ['-c', join(directory, name), '--use-dynamic-base-id', '--concurrency', '1'];
  const node = ['--service-node', 'one', '--service-cluster', 'test', '-l', 'error'];
  const child = spawn(await envoyBinary(), [...args, ...node], { stdio: 'ignore' });
  const counter = async (stat: string): Promise<number> => {
    const url = `http://127.0.0.1:${String(admin)}/stats?filter=^cluster.xds.${stat}$`;
    const text = await fetch(url).then(
      (answer) => answer.text(),
      () => '',
    );
    return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
  };
  return { counter, stop: () => end(child, directory) };
}

async function end(child: ChildProcess, directory: string): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  await rm(directory, { recursive: true, force: true });
}

describe('S7: a certificate of the mesh in the place of the control plane’s', () => {
  let authority: TestAuthority;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    authority = await makeAuthority();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  const start = async (dnsName: string, ...uris: string[]) => {
    const server = await serve(authority, dnsName, uris);
    stops.push(server.stop);
    return server;
  };

  it.each<[string, string, readonly string[]]>([
    ['of that account, with the name of the Service', host, [thiefId]],
    ['of a gateway, with the name of the Service', host, []],
    ['of a gateway, with a wildcard', '*.weft-system.svc.cluster.local', []],
    ['of another control plane', host, ['spiffe://cluster.local/weft/control-plane/other']],
    ['with the ID inside another', host, [`${controlPlaneId}/x`, `x${controlPlaneId}`]],
    ['of a control plane that is called otherwise', 'elsewhere.example', [controlPlaneId]],
  ])('gets no token from a real Envoy: one %s', async (_case, dnsName, uris) => {
    const { tokens, port } = await start(dnsName, ...uris);
    const sidecar = await startSidecar(port, authority.ca);
    stops.push(sidecar.stop);
    await until(() => sidecar.counter('ssl.fail_verify_san'), {
      holds: (answer) => answer >= 2,
      withinMs: 20_000,
    });
    expect(tokens).toEqual([]);
    expect(await sidecar.counter('upstream_rq_total')).toBe(0);
  });

  it.each(['cluster.local', 'another.domain'])(
    'is not that of the control plane, which gets it in the trust domain %s',
    async (trustDomain) => {
      const { tokens, port } = await start(host, `spiffe://${trustDomain}${controlPlanePath}`);
      const sidecar = await startSidecar(port, authority.ca);
      stops.push(sidecar.stop);
      await until(() => tokens.length > 0, { withinMs: 20_000 });
      expect(tokens[0]).toBe('the-token');
    },
  );

  it('and a sidecar that started from the bootstrap of before still connects', async () => {
    const { tokens, port } = await start(host, controlPlaneId);
    const sidecar = await startSidecar(port, authority.ca, true);
    stops.push(sidecar.stop);
    await until(() => tokens.length > 0, { withinMs: 20_000 });
  });

  it.each<[string, string, readonly string[]]>([
    ['of that account', host, [thiefId]],
    ['without an ID', host, []],
    ['of another control plane', host, ['spiffe://cluster.local/weft/control-plane/other']],
    ['of another trust domain', host, ['spiffe://other/weft/control-plane/weft-system']],
    ['with a comma in its ID', host, [`spiffe://x/, URI:${controlPlaneId}, y`]],
    ['that is called otherwise', 'elsewhere.example', [controlPlaneId]],
  ])('gets no token from a replica: one %s', async (_case, dnsName, uris) => {
    const { tokens, replicaPort } = await start(dnsName, ...uris);
    expect(await askAt(replicaPort)).toBeUndefined();
    expect(tokens).toEqual([]);
  });

  it('is not that of a replica, which gets the token', async () => {
    const { tokens, replicaPort } = await start(host, controlPlaneId);
    await askAt(replicaPort);
    expect(tokens).toEqual(['replica-token']);
  });

  function askAt(port: number): ReturnType<typeof requestFromReplica> {
    const channel = {
      ...{ address: `127.0.0.1:${String(port)}`, serverName: host, logger: silentLogger },
      ...{ trust: () => authority.ca, serverIds: () => [controlPlaneId], hearMs: 2_000 },
      token: () => Promise.resolve(new Secret('replica-token')),
    };
    return requestFromReplica(channel, Buffer.from('ask'), AbortSignal.timeout(10_000));
  }

  it('is not what the built-in authority gives to that account', async () => {
    const now = Date.now();
    const root = await newRoot('root', { now, validityMs: 3_600_000 });
    const subject = { kind: 'workload', trustDomain: 'cluster.local', account: thief } as const;
    const request = { subject, validityMs: 600_000, keyKind: 'P-256' } as const;
    const leaf = await openAuthority(root, now).issue(request, now);
    const [certificate] = certificatesFrom(leaf.certificateChain);
    expect(certificate!.altNames).toEqual({ uris: [thiefId], dnsNames: [], others: 0 });
    expect(certificate!.subject.toString('latin1')).not.toContain('weft-control-plane');
  });
});

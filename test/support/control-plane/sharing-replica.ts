import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlPlaneName } from '../../../src/api/control-plane-names.ts';
import type { KubernetesObject, Pod } from '../../../src/api/core.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { runAll } from '../../../src/control-plane/components.ts';
import { layGround } from '../../../src/control-plane/ground.ts';
import { makeParts, type Parts } from '../../../src/control-plane/parts.ts';
import { channelTo } from '../../../src/control-plane/replicas.ts';
import { followPlan, wire } from '../../../src/control-plane/wiring.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { askReplica } from '../../../src/xds/replicas/ask-client.ts';
import { Secret } from '../../../src/common/secret.ts';
import { ProxyDouble } from '../xds/proxy-double.ts';
import type { ReplicaRig } from './replicas-on-api-server.ts';
import { until } from '../time/until.ts';

const namespace = 'weft-system';

/** A replica with a pod and an IP of its own, as on nodes: it finds the others and talks to them. */
export interface SharingReplica {
  readonly name: string;
  readonly parts: Parts;
  /** The accounts of `shop` that it asked the issuer for, in order. */
  readonly requested: string[];
  connectProxy(pod: Pod): Promise<ProxyDouble>;
  /** What it answers to a call of another replica by this token. */
  answer(ask: Buffer, token: string): Promise<Secret<Buffer> | undefined>;
  /** As when its process is killed: its pod stays for a while. */
  kill(): Promise<void>;
}

/** All replicas listen at the same port and the next, each at its own address of 127/8. */
export interface SharingPlace {
  readonly name: string;
  readonly ip: string;
  readonly port: number;
}

/** Starts all of a replica that has to do with leaves and proxies; nothing leads. */
export async function startSharingReplica(
  rig: ReplicaRig,
  place: SharingPlace,
): Promise<SharingReplica> {
  const { name, ip, port } = place;
  const labels = { 'app.kubernetes.io/name': controlPlaneName };
  const pod = await rig.makePod({ name, account: controlPlaneName, ip, namespace, labels });
  const folder = await mkdtemp(join(tmpdir(), 'weft-test-replica-'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, await rig.tokenOf(pod));
  const requested: string[] = [];
  const connection = await connect({ kubeconfig: rig.server.kubeconfigPath });
  const options = {
    ...{ version: '0.0.0', kubeconfig: rig.server.kubeconfigPath, namespace, tokenFile },
    ...{ meshConfig: 'osm-mesh-config', images: { envoy: 'envoy:1', init: 'init:1' } },
    ...{ podName: name, podIps: [ip], clusterDomain: 'cluster.local' },
    ports: { xds: port, replicas: port + 1, webhook: 0, health: 0, metrics: 0 },
  };
  const client = countRequests(connection, requested);
  const ground = layGround(options, { logger: silentLogger, client, meshName: 'osm' });
  const parts = makeParts(ground);
  const over = new AbortController();
  const ended = await run(parts, { ip, ports: options.ports }, over.signal);
  const channel = channelTo(ip, options, () => parts.issuing.issuers.trust());
  return {
    ...{ name, parts, requested },
    connectProxy: async (of) =>
      new ProxyDouble({
        address: `${ip}:${port}`,
        ca: channel.trust(),
        serverName: channel.serverName,
        token: await rig.tokenOf(of),
      }),
    answer: (ask, token) =>
      askReplica(
        { ...channel, token: () => Promise.resolve(new Secret(token)), logger: silentLogger },
        ask,
        rig.signal,
      ),
    kill: async () => {
      over.abort();
      await ended();
      await connection.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** As assemble.ts does, but at one address. Resolves when it serves, with the way to await its end. */
async function run(
  parts: Parts,
  { ip, ports }: { readonly ip: string; readonly ports: { xds: number; replicas: number } },
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const { sources, issuing, pipeline, settle, xds } = parts;
  let synced = false;
  const unwire = wire(parts, () => synced);
  const running = runAll([...sources.components, ...issuing.components], silentLogger, signal);
  const { cluster, accounts, meshConfigs, rootRecords } = sources;
  const stores = [...Object.values(cluster), accounts, meshConfigs, rootRecords];
  await Promise.all(stores.map((store) => store.whenSynced(signal)));
  followPlan(parts);
  synced = true;
  settle.trigger();
  await issuing.server.ready(signal);
  await until(() => pipeline.compiled, { what: 'a compiled mesh', withinMs: 20_000 });
  const proxies = await xds.listen(`${ip}:${ports.xds}`, signal);
  const replicas = await xds.listenToReplicas(`${ip}:${ports.replicas}`, signal);
  return async () => {
    unwire();
    await Promise.all([running.catch(() => undefined), proxies.closed, replicas.closed]);
  };
}

/** Notes the accounts of `shop` in the CertificateRequests that are made through it. */
function countRequests(connection: ApiConnection, requested: string[]): ApiConnection {
  const create: ApiConnection['create'] = (kind, object, signal) => {
    const { spec } = object as KubernetesObject & { spec?: { request?: string } };
    if (kind.kind === 'CertificateRequest') {
      const pem = Buffer.from(spec?.request ?? '', 'base64').toString();
      const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64').toString('latin1');
      const account = /\/ns\/shop\/sa\/([a-z0-9-]+)/.exec(der)?.[1];
      if (account !== undefined) requested.push(account);
    }
    return connection.create(kind, object, signal);
  };
  return new Proxy(connection, {
    get: (target, name) => {
      if (name === 'create') return create;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

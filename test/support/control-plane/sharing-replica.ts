import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlPlaneName } from '../../../src/api/control-plane-names.ts';
import type { KubernetesObject, Pod } from '../../../src/api/core.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { Issuing } from '../../../src/certificates/plan/issuing.ts';
import { PlanFollower } from '../../../src/certificates/plan/plan-follower.ts';
import { systemClock as clock } from '../../../src/common/clock.ts';
import type { Component } from '../../../src/common/component.ts';
import { Compiler } from '../../../src/control-plane/compiler.ts';
import type { ControlPlaneContext } from '../../../src/control-plane/context.ts';
import { createReplicaIssuing, openRootsOf } from '../../../src/control-plane/issuing.ts';
import { MeshConfigInForce } from '../../../src/control-plane/mesh-config-in-force.ts';
import { channelTo } from '../../../src/control-plane/replicas.ts';
import { runComponents } from '../../../src/control-plane/run-components.ts';
import { createWatches } from '../../../src/control-plane/watches.ts';
import { createWorkloadSecrets } from '../../../src/control-plane/workload-secrets.ts';
import { Xds } from '../../../src/control-plane/xds.ts';
import { noMetrics } from '../../../src/xds/port/metrics.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { requestFromReplica } from '../../../src/xds/replicas/request-client.ts';
import { Secret } from '../../../src/common/secret.ts';
import { ProxyDouble } from '../xds/proxy-double.ts';
import type { ReplicaRig } from './replicas-on-api-server.ts';
import { until } from '../time/until.ts';

const namespace = 'weft-system';

/** A replica with a pod and an IP of its own, as on nodes: it finds the others and talks to them. */
export interface SharingReplica {
  readonly name: string;
  readonly issuing: Issuing;
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
  const over = new AbortController();
  const context = { options, logger: silentLogger, client, clock, random: Math.random };
  const { issuing, parts, xds } = assemble(context, ip);
  const lead = (): Promise<void> => Promise.reject(new Error('nothing leads'));
  const running = runComponents(parts, { lead, logger: silentLogger }, over.signal);
  await until(() => xds.problem() === undefined, {
    what: 'a replica that serves',
    withinMs: 20_000,
  });
  const channel = channelTo(ip, options, () => issuing.trust.value);
  return {
    ...{ name, issuing, requested },
    connectProxy: async (of) =>
      new ProxyDouble({
        address: `${ip}:${port}`,
        ca: channel.trust(),
        serverName: channel.serverName,
        token: await rig.tokenOf(of),
      }),
    answer: (ask, token) =>
      requestFromReplica(
        { ...channel, token: () => Promise.resolve(new Secret(token)), logger: silentLogger },
        ask,
        rig.signal,
      ),
    kill: async () => {
      over.abort();
      await running;
      await connection.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The parts of assemble.ts that have to do with leaves and proxies, at one address. */
function assemble(
  context: ControlPlaneContext,
  host: string,
): { readonly issuing: Issuing; readonly xds: Xds; readonly parts: readonly Component[] } {
  const watches = createWatches(context);
  const meshConfig = new MeshConfigInForce(watches.meshConfigs, context.options);
  const records = watches.rootRecords;
  const plan = new PlanFollower({ meshConfig, records, logger: silentLogger });
  const open = openRootsOf(context, watches);
  const issuing = createReplicaIssuing(context, { watches, meshConfig, plan, open });
  const compiler = new Compiler(context, {
    watches,
    meshConfig,
    secrets: createWorkloadSecrets(issuing),
    step: () => plan.value?.step ?? 0,
    metrics: { compiled: () => undefined, compileFailed: () => undefined },
  });
  const { offers } = compiler;
  const xds = new Xds(context, { watches, meshConfig, issuing, offers, metrics: noMetrics, host });
  return { issuing, xds, parts: [...watches.parts, plan, ...issuing.parts, compiler, xds] };
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

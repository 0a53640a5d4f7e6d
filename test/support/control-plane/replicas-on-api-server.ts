import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ConfigMap, KubernetesObject, Pod } from '../../../src/api/core.ts';
import { kinds, type Kind } from '../../../src/api/kinds.ts';
import { injectedBy, monitoredBy, tokenAudience } from '../../../src/api/labels.ts';
import { type Logger, silentLogger } from '../../../src/common/logger.ts';
import { runControlPlane } from '../../../src/control-plane/run.ts';
import { type ApiConnection, connect } from '../../../src/kubernetes/connect.ts';
import { run } from '../../../tools/base/command.ts';
import { kubectl } from '../../../tools/parts/kubectl.ts';
import { type ApiServer, startApiServer } from '../../../tools/real/api-server.ts';
import { type FindFault, ProxyDouble } from '../xds/proxy-double.ts';
import { until } from '../time/until.ts';

const repository = join(import.meta.dirname, '../../..');
const controlPlaneNamespace = 'weft-system';
const host = `weft-control-plane.${controlPlaneNamespace}.svc.cluster.local`;

/** A running replica. */
export interface Replica {
  readonly xdsPort: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly webhookPort: number;
  stop(): Promise<void>;
}

/** A workload as its Pod: one IP, one service account, in the namespace `shop` by default. */
export interface PodPlan {
  readonly name: string;
  readonly account: string;
  readonly ip: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly port?: number;
  readonly namespace?: string;
  /** Default: it has one. */
  readonly sidecar?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of its init containers, as a kubelet would write them; default: the sidecar runs and has started. */
  readonly statuses?: readonly object[];
}

/** A real API server with a MeshConfig and the namespace `shop` in its mesh, without a node. */
export interface ReplicaRig {
  readonly server: Omit<ApiServer, 'stop'>;
  readonly admin: ApiConnection;
  readonly signal: AbortSignal;
  apply(yaml: string): Promise<string>;
  kubectl(...args: readonly string[]): Promise<string>;
  startReplica(name: string, logger?: Logger): Promise<Replica>;
  makePod(plan: PodPlan): Promise<Pod>;
  /** The pod's own token, as its kubelet would ask for it. */
  tokenOf(pod: Pod): Promise<string>;
  /** The CA bundle of the mesh, PEM, once it is published. */
  trust(): Promise<string>;
  /** A proxy of that pod, connected to that replica with the pod's own token. */
  connectProxy(pod: Pod, replica: Replica, findFault?: FindFault): Promise<ProxyDouble>;
  get<T extends KubernetesObject>(kind: Kind, name: string, namespace?: string): Promise<T>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

const meshConfig = `
apiVersion: config.openservicemesh.io/v1alpha2
kind: MeshConfig
metadata: { name: osm-mesh-config, namespace: ${controlPlaneNamespace} }
spec: { traffic: { enablePermissiveTrafficPolicyMode: false, enableEgress: false } }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { ${monitoredBy}: osm } }
`;

export async function startReplicaRig(): Promise<ReplicaRig> {
  const server = await startApiServer();
  const over = new AbortController();
  const program = await kubectl();
  const env = { KUBECONFIG: server.kubeconfigPath };
  const ask = (...args: readonly string[]): Promise<string> =>
    run(program, args, { env, cwd: repository });
  const apply = (input: string): Promise<string> =>
    run(program, ['apply', '--server-side', '-f', '-'], { env, input });
  await ask('apply', '-k', 'crds');
  await ask('wait', '--for=condition=Established', '--timeout=20s', 'crd', '--all');
  await ask('create', 'namespace', controlPlaneNamespace);
  await apply(meshConfig);
  const admin = await connect({ kubeconfig: server.kubeconfigPath });
  const replicas = new Set<Replica>();
  const proxies = new Set<ProxyDouble>();
  const { signal } = over;

  const trust = async (): Promise<string> => {
    const ref = { kind: kinds.configMap, namespace: controlPlaneNamespace, name: 'weft-ca-bundle' };
    return until(async () => (await admin.get<ConfigMap>(ref, signal))?.data?.['ca.crt'], {
      what: 'a published CA bundle',
      withinMs: 60_000,
    });
  };
  const tokenOf = async ({ metadata, spec }: Pod): Promise<string> => {
    const account = `serviceaccounts/${spec.serviceAccountName ?? 'default'}`;
    const path = `/api/v1/namespaces/${metadata.namespace ?? ''}/${account}/token`;
    const bound = { kind: 'Pod', apiVersion: 'v1', name: metadata.name, uid: metadata.uid };
    const body = { spec: { audiences: [tokenAudience], boundObjectRef: bound } };
    const answer = await fetchJson(server, path, body);
    return (answer as { status: { token: string } }).status.token;
  };

  return {
    server,
    admin,
    signal,
    apply,
    kubectl: ask,
    startReplica: async (name, logger = silentLogger) => {
      const replica = await startReplica(server.kubeconfigPath, name, logger);
      replicas.add(replica);
      return replica;
    },
    makePod: (plan) => makePod(admin, plan, signal),
    tokenOf,
    trust,
    connectProxy: async (pod, { xdsPort }, findFault) => {
      const [ca, token] = await Promise.all([trust(), tokenOf(pod)]);
      const options = { address: `127.0.0.1:${xdsPort}`, ca, token, serverName: host };
      const proxy = new ProxyDouble(options, findFault);
      proxies.add(proxy);
      return proxy;
    },
    get: async <T extends KubernetesObject>(kind: Kind, name: string, namespace = 'shop') => {
      const found = await admin.get<T>({ kind, namespace, name }, signal);
      if (found === undefined) throw new Error(`no ${kind.kind} ${namespace}/${name}`);
      return found;
    },
    stop: async () => {
      await Promise.all([...proxies].map((proxy) => proxy.stop()));
      await Promise.all([...replicas].map((replica) => replica.stop()));
      over.abort();
      await admin.close();
      await server.stop();
    },
  };
}

async function startReplica(kubeconfig: string, name: string, logger: Logger): Promise<Replica> {
  const over = new AbortController();
  const free = Array.from({ length: 5 }, () => freePort());
  const [xds = 0, replicas = 0, webhook = 0, health = 0, metrics = 0] = await Promise.all(free);
  const options = {
    version: '0.0.0',
    kubeconfig,
    namespace: controlPlaneNamespace,
    meshConfig: 'osm-mesh-config',
    images: { envoy: 'envoy:1', init: 'init:1' },
    podName: name,
    podIps: ['127.0.0.1'],
    clusterDomain: 'cluster.local',
    ports: { xds, replicas, webhook, health, metrics },
    tokenFile: '/nowhere',
  };
  const running = runControlPlane(options, logger, over.signal);
  const ready = async (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${health}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  await until(ready, { what: `replica ${name} is ready`, withinMs: 20_000 });
  return {
    xdsPort: xds,
    healthPort: health,
    metricsPort: metrics,
    webhookPort: webhook,
    stop: async () => {
      over.abort();
      await running.catch(() => undefined);
    },
  };
}

/** What the injector adds, as far as anybody here asks for it. */
const sidecarSpec = {
  initContainers: [{ name: 'envoy', image: 'envoy:1', restartPolicy: 'Always' }],
  volumes: [{ name: 'weft-bootstrap', configMap: { name: 'weft-bootstrap' } }],
};
const runningSidecar = {
  ...{ name: 'envoy', image: 'envoy:1', imageID: '', ready: true, started: true, restartCount: 0 },
  state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
};

async function makePod(admin: ApiConnection, plan: PodPlan, signal: AbortSignal): Promise<Pod> {
  const { name, account, ip, labels = {}, port = 8080, namespace = 'shop' } = plan;
  const { sidecar = true, annotations = {}, statuses = [runningSidecar] } = plan;
  const metadata = { name: account, namespace };
  const accountObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  const owner = { fieldManager: 'test', force: true };
  await admin.apply(kinds.serviceAccount, accountObject, owner, signal);
  const pod = await admin.create<Pod>(
    kinds.pod,
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace,
        annotations,
        labels: { ...labels, ...(sidecar ? { [injectedBy]: 'osm' } : {}) },
      },
      spec: {
        nodeName: 'node-1',
        serviceAccountName: account,
        containers: [{ name: 'app', image: 'app:1', ports: [{ containerPort: port }] }],
        ...(sidecar ? sidecarSpec : {}),
      },
    },
    signal,
  );
  const ref = { kind: kinds.pod, namespace, name };
  const initContainerStatuses = sidecar ? statuses : [];
  const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }], initContainerStatuses };
  await admin.merge(ref, { value: { status }, subresource: 'status' }, signal);
  return pod;
}

async function fetchJson(
  server: { readonly kubeconfigPath: string },
  path: string,
  body: object,
): Promise<unknown> {
  const program = await kubectl();
  const env = { KUBECONFIG: server.kubeconfigPath };
  const args = ['create', '--raw', path, '-f', '-'];
  return JSON.parse(await run(program, args, { env, input: JSON.stringify(body) })) as unknown;
}

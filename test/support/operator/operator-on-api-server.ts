import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Condition, KubernetesObject } from '../../../src/api/core.ts';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { kinds, type Kind } from '../../../src/api/kinds.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { type ApiConnection, connect } from '../../../src/kubernetes/connect.ts';
import { createOperator, type OperatorOptions } from '../../../src/operator/operator.ts';
import { run } from '../../../tools/base/command.ts';
import { kubectl } from '../../../tools/parts/kubectl.ts';
import { type ApiServerOptions, startApiServer } from '../../../tools/real/api-server.ts';
import { makeRoot } from '../certificates/make-authority.ts';
import { ofFile } from '../jest/of-file.ts';
import { playReport } from './played-report.ts';
import { RecordingProxy } from '../api-server/recording-proxy.ts';
import { until } from '../time/until.ts';

export const namespace = 'weft-system';
export const controlPlane = 'weft-control-plane';
export const repository = join(import.meta.dirname, '../../..');

/**
 * An API server of its own (webhook configurations concern a whole cluster) where a user ran
 * `kubectl apply -k config/default`, and the operator under its own ServiceAccount.
 */
export interface OperatorRig {
  readonly admin: ApiConnection;
  readonly signal: AbortSignal;
  /** What the operator asked the API server for. */
  readonly proxy: RecordingProxy;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  /** Applies text as a user would. */
  readonly kubectlApply: (text: string) => Promise<string>;
  /** `kubectl apply -k config/default` again, and an operator of that install in place of the operator before. */
  readonly install: () => Promise<void>;
  /** A kubeconfig with the token that the operator works with. */
  readonly operatorKubeconfig: string;
  readonly startOperator: () => void;
  readonly stopOperator: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface OperatorRigOptions extends ApiServerOptions {
  /** What the operator is in another way than usual. */
  readonly operator?: Partial<Pick<OperatorOptions, 'version' | 'images'>>;
}

export async function startOperatorRig(options: OperatorRigOptions = {}): Promise<OperatorRig> {
  const server = await startApiServer(options);
  const directory = await mkdtemp(join(tmpdir(), 'weft-operator-rig-'));
  const proxy = new RecordingProxy({ url: server.url, ca: await readFile(server.caFile, 'utf8') });
  await proxy.start();
  const program = await kubectl();
  const env = { KUBECONFIG: server.kubeconfigPath };
  const ask = (...args: readonly string[]): Promise<string> =>
    run(program, args, { env, cwd: repository });
  const admin = await connect({ kubeconfig: server.kubeconfigPath });
  const over = new AbortController();
  const operatorKubeconfig = join(directory, 'operator.json');
  let operator: PlayedOperator | undefined;
  const install = async (): Promise<void> => {
    await operator?.end();
    await ask('apply', '-k', 'config/default');
    await ask('wait', '--for=condition=Established', '--timeout=20s', 'crd', '--all');
    const token = await ask('create', 'token', 'weft-operator', '-n', namespace);
    operator = makeOperator(
      await connectAs(token.trim(), proxy.url, operatorKubeconfig),
      options.operator,
    );
  };
  await install();
  return {
    admin,
    signal: over.signal,
    proxy,
    kubectl: ask,
    kubectlApply: (input) => run(program, ['apply', '-f', '-'], { env, input }),
    install,
    operatorKubeconfig,
    startOperator: () => operator?.start(),
    stopOperator: async () => operator?.stop(),
    stop: async () => {
      over.abort();
      await operator?.end();
      await admin.close();
      await proxy.stop();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A rig for all tests of a file: its operator runs, and `prepare` is done before the first of them. */
export function operatorRigOfFile(
  prepare: (rig: OperatorRig) => Promise<unknown> = async () => {},
  options: OperatorRigOptions = {},
): () => OperatorRig {
  return ofFile(async () => {
    const rig = await startOperatorRig(options);
    rig.startOperator();
    await prepare(rig);
    return rig;
  });
}

async function connectAs(token: string, server: string, file: string): Promise<ApiConnection> {
  const config = {
    clusters: [{ name: 'rig', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'rig', user: { token } }],
    contexts: [{ name: 'rig', context: { cluster: 'rig', user: 'rig' } }],
    'current-context': 'rig',
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return connect({ kubeconfig: file });
}

interface PlayedOperator {
  readonly start: () => void;
  readonly stop: () => Promise<void>;
  /** Stops it for good. */
  readonly end: () => Promise<void>;
}

function makeOperator(client: ApiConnection, more: OperatorRigOptions['operator']): PlayedOperator {
  let over = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const options = {
    client,
    namespace,
    identity: 'test',
    version: '1.2.3',
    images: { controlPlane: 'weft:1', envoy: 'envoy:1', init: 'init:1' },
    logger: silentLogger,
    clock: systemClock,
    ...more,
  };
  const stop = async (): Promise<void> => {
    over.abort();
    await running;
  };
  return {
    start: () => {
      over = new AbortController();
      running = createOperator(options).run(over.signal);
    },
    stop,
    end: async () => {
      await stop();
      await client.close();
    },
  };
}

/** Any object, as the admin sees it. */
export function getObject<T extends KubernetesObject = KubernetesObject>(
  rig: OperatorRig,
  kind: Kind,
  name = controlPlane,
): Promise<T | undefined> {
  return rig.admin.get<T>({ kind, name, ...(kind.namespaced ? { namespace } : {}) }, rig.signal);
}

export function getMeshConfig(
  rig: OperatorRig,
  name = 'osm-mesh-config',
): Promise<MeshConfig | undefined> {
  return getObject<MeshConfig>(rig, kinds.meshConfig, name);
}

/** The condition once it says this; fails after ten seconds. */
export async function untilCondition(
  rig: OperatorRig,
  expected: `${string}=${Condition['status']}/${string}`,
  name?: string,
): Promise<Condition> {
  const value = await until(async () => {
    const meshConfig = await getMeshConfig(rig, name);
    return meshConfig?.status?.conditions?.find(
      ({ type, status, reason }) => `${type}=${status}/${reason}` === expected,
    );
  });
  return value;
}

/** Plays the deployment controller and the control plane: replicas up, trust published, proxies reported. */
export async function playControlPlane(rig: OperatorRig, replicas = 2): Promise<void> {
  await until(() => getObject(rig, kinds.deployment));
  await playReplicas(rig, replicas);
  await publish(rig, 'weft-ca-bundle', { 'ca.crt': makeRoot().certificate.pem });
  await publish(rig, 'weft-proxies', { connected: '3', synced: '3', rejected: '0' });
  await playReport(rig);
}

/** Says in the Deployment's status that so many replicas are up and of the newest declaration. */
export async function playReplicas(rig: OperatorRig, replicas: number): Promise<void> {
  const deployment = await getObject(rig, kinds.deployment);
  const status = {
    observedGeneration: deployment?.metadata.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
  };
  const ref = { kind: kinds.deployment, namespace, name: controlPlane };
  await rig.admin.merge(ref, { value: { status }, subresource: 'status' }, rig.signal);
}

/** Writes a ConfigMap as the control plane does. */
export async function publish(
  rig: OperatorRig,
  name: string,
  data: Readonly<Record<string, string>>,
): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
  const options = { fieldManager: 'weft-control-plane', force: true };
  await rig.admin.apply(kinds.configMap, object, options, rig.signal);
}

/** The Secret of the root, with the label that names its maker. */
export function makeRootSecret(managedBy: string): KubernetesObject {
  const labels = { 'app.kubernetes.io/managed-by': managedBy };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'weft-ca', namespace, labels } };
}

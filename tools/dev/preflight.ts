import { controlPlaneName } from '../../src/api/control-plane-names.ts';
import type { KubernetesObject } from '../../src/api/core.ts';
import { type Kind, kinds } from '../../src/api/kinds.ts';
import { WeftError } from '../../src/common/errors.ts';
import { type ApiConnection, connect } from '../../src/kubernetes/connect.ts';
import { devNamespace as namespace, type Role } from './roles.ts';

const deployments = { operator: 'weft-operator', 'control-plane': controlPlaneName } as const;
const meshConfig = 'osm-mesh-config';
const install = 'Next: kubectl apply -k config/default';
const configure = 'Next: kubectl apply -f config/samples/meshconfig.yaml';

/** The error for a missing precondition of a process of Weft; its message has the next command. */
export class Missing extends Error {}

/**
 * Notes for a developer before the role runs on the cluster of the kubeconfig, one paragraph each. Throws
 * `Missing` where the role could not work at all.
 */
export async function preflight(role: Role): Promise<readonly string[]> {
  const api = await open();
  try {
    await demandInstall(api);
    const notes = [...(await ofMeshConfig(api, role)), ...(await ofReplicas(api, role))];
    return [`The cluster is ${api.server}.`, ...notes];
  } finally {
    await api.close();
  }
}

async function open(): Promise<ApiConnection> {
  try {
    return await connect({ limitMs: 5_000 });
  } catch (error) {
    const next = 'Next: export KUBECONFIG=<file>; for a local cluster, make demo and then';
    throw new Missing(`${reasonOf(error)}.\n${next} export KUBECONFIG=$(make -s kubeconfig)`);
  }
}

async function demandInstall(api: ApiConnection): Promise<void> {
  try {
    await api.getJson('/apis/config.openservicemesh.io/v1alpha2', AbortSignal.timeout(10_000));
  } catch (error) {
    if (error instanceof WeftError && error.code === 'api-not-found')
      throw new Missing(`${api.server} has no CRDs of Weft.\n${install}`);
    throw new Missing(`${api.server} cannot be used: ${reasonOf(error)}.\nNext: kubectl version`);
  }
  const found = await get(api, kinds.namespace, namespace);
  if (found === undefined)
    throw new Missing(`${api.server} has no namespace ${namespace}.\n${install}`);
}

async function ofMeshConfig(api: ApiConnection, role: Role): Promise<readonly string[]> {
  if ((await get(api, kinds.meshConfig, meshConfig)) !== undefined) return [];
  const absent = `Namespace ${namespace} has no MeshConfig ${meshConfig}.`;
  if (role === 'control-plane') throw new Missing(`${absent}\n${configure}`);
  return [`${absent} The operator waits for it.\n${configure}`];
}

interface Deployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
}

async function ofReplicas(api: ApiConnection, role: Role): Promise<readonly string[]> {
  const name = deployments[role];
  const deployment = await get<Deployment>(api, kinds.deployment, name);
  const { replicas = 1 } = deployment?.spec ?? {};
  if (deployment === undefined || replicas === 0) return [];
  return [
    `Deployment ${name} has replicas: ${replicas}. While one of its pods leads, this process does not.`,
    `Next, to let this process lead: kubectl scale deployment ${name} -n ${namespace} --replicas=0`,
  ];
}

function get<T extends KubernetesObject>(
  api: ApiConnection,
  kind: Kind,
  name: string,
): Promise<T | undefined> {
  const ref = { kind, name, ...(kind.namespaced && { namespace }) };
  return api.get<T>(ref, AbortSignal.timeout(10_000));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition, KubernetesObject } from '../../src/api/core.ts';
import { kinds, type Kind } from '../../src/api/kinds.ts';
import type { ObjectRef } from '../../src/kubernetes/api-client.ts';
import { connect, type ApiConnection } from '../../src/kubernetes/connect.ts';
import { type Daemon, untilReady } from '../base/daemon.ts';
import { run } from '../base/command.ts';
import { certManager, certManagerCrds } from '../parts/cert-manager.ts';
import { kubectl } from '../parts/kubectl.ts';
import type { ReachableApi } from './reachable-api.ts';
import { openRunFolder } from './run-folder.ts';

/** An object of cert-manager's, as far as tests read it. */
export interface CertManagerObject extends KubernetesObject {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    /** Base64 of PEM: the leaf and its intermediates. */
    readonly certificate?: string;
    /** Base64 of PEM. */
    readonly ca?: string;
    readonly failureTime?: string;
  };
}

/** The objects of a cert-manager. */
export interface CertManagerObjects {
  /** The API server that it works on, with all rights. */
  readonly api: ApiConnection;
  /** The namespace of the Secrets that ClusterIssuers name. */
  readonly namespace: string;
  /** The SelfSigned ClusterIssuer whose readiness was waited for. */
  readonly selfSigned: string;
  /** Creates or changes an object. */
  readonly apply: (kind: CertManagerKind, object: NewObject) => Promise<void>;
  /** The object once `holds`; an error that says its conditions when that takes too long (20 s). */
  readonly until: (
    kind: CertManagerKind,
    place: ObjectPlace,
    holds: (object: CertManagerObject) => boolean,
  ) => Promise<CertManagerObject>;
}

/** A real cert-manager controller, with the issuers CA, SelfSigned and Vault. */
export interface CertManager extends CertManagerObjects {
  /** The file of its log. */
  readonly log: string;
  /** Stops this controller; definitions and objects stay. May be called twice. */
  readonly stop: () => Promise<void>;
}

export interface ObjectPlace {
  readonly name: string;
  readonly namespace?: string;
}

export interface NewObject extends ObjectPlace {
  readonly spec: Readonly<Record<string, unknown>>;
}

export type CertManagerKind = 'issuer' | 'clusterIssuer' | 'certificate' | 'certificateRequest';

const certManagerKinds: Readonly<Record<CertManagerKind, Kind>> = {
  issuer: kindOf('Issuer', true),
  clusterIssuer: kindOf('ClusterIssuer', false),
  certificate: kindOf('Certificate', true),
  certificateRequest: kindOf('CertificateRequest', true),
};

function kindOf(kind: string, namespaced: boolean): Kind {
  const plural = `${kind.toLowerCase()}s`;
  return { group: 'cert-manager.io', version: 'v1', kind, plural, namespaced };
}

const namespace = 'cert-manager';
const selfSigned = 'weft-test-self-signed';
const waitMs = 20_000;

/**
 * Installs cert-manager's definitions and starts its controller with all rights. Ready when a
 * SelfSigned ClusterIssuer is. Of several on one API server one works; when it stops, the next goes
 * on within some seconds, so a test that needs it gone wants an API server of its own.
 */
export async function startCertManager(apiServer: ReachableApi): Promise<CertManager> {
  const program = await certManager();
  const folder = await openRunFolder('cert-manager');
  const api = await connect({ kubeconfig: apiServer.kubeconfigPath });
  const stop = async (): Promise<void> => {
    await api.close();
    await folder.clear();
  };
  try {
    await installDefinitions(apiServer.kubeconfigPath, api);
    const daemon = await folder.start('cert-manager', [
      program,
      `--kubeconfig=${apiServer.kubeconfigPath}`,
      `--cluster-resource-namespace=${namespace}`,
    ]);
    const objects = certManagerObjects(api);
    await untilWorks(daemon, api, objects.apply);
    return { ...objects, log: daemon.log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Creates and follows objects of cert-manager through that API server. */
export function certManagerObjects(api: ApiConnection): CertManagerObjects {
  return { api, namespace, selfSigned, apply: applying(api), until: waiting(api) };
}

/** The condition of that type, if the object has one. */
export function conditionOf(object: CertManagerObject, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the object says that it is ready. */
export function isReady(object: CertManagerObject): boolean {
  return conditionOf(object, 'Ready')?.status === 'True';
}

/** PEM as a status or a Secret carries it. */
export function pemFrom(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}

/** Installs cert-manager's definitions; resolves when the API server serves its kinds. */
export async function installDefinitions(kubeconfig: string, api: ApiConnection): Promise<void> {
  const [program, crds] = await Promise.all([kubectl(), certManagerCrds()]);
  const args = ['apply', '--server-side', '--force-conflicts', '-f', crds];
  await run(program, args, { env: { KUBECONFIG: kubeconfig } });
  await Promise.all(Object.values(certManagerKinds).map((kind) => untilServed(api, kind)));
}

async function untilServed(api: ApiConnection, kind: Kind): Promise<void> {
  const end = AbortSignal.timeout(waitMs);
  const served = (): Promise<boolean> =>
    api.list(kind, {}, end).then(
      () => true,
      () => false,
    );
  while (!(await served())) {
    end.throwIfAborted();
    await sleep(50);
  }
}

async function untilWorks(
  daemon: Daemon,
  api: ApiConnection,
  apply: CertManager['apply'],
): Promise<void> {
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await api.apply(kinds.namespace, home, manager, AbortSignal.timeout(waitMs));
  await apply('clusterIssuer', { name: selfSigned, spec: { selfSigned: {} } });
  const ref: ObjectRef = { kind: certManagerKinds.clusterIssuer, name: selfSigned };
  const check = async (): Promise<boolean> => {
    const issuer = await api.get<CertManagerObject>(ref, AbortSignal.timeout(waitMs));
    return issuer !== undefined && isReady(issuer);
  };
  await untilReady(daemon, check, 30_000);
}

const manager = { fieldManager: 'weft-test', force: true };

function applying(api: ApiConnection): CertManager['apply'] {
  return async (kind, { spec, ...metadata }) => {
    const { group, version, kind: name } = certManagerKinds[kind];
    const object: CertManagerObject = {
      apiVersion: `${group}/${version}`,
      kind: name,
      metadata,
      spec,
    };
    await api.apply(certManagerKinds[kind], object, manager, AbortSignal.timeout(waitMs));
  };
}

function waiting(api: ApiConnection): CertManager['until'] {
  return async (kind, place, holds) => {
    const ref: ObjectRef = { kind: certManagerKinds[kind], ...place };
    const end = Date.now() + waitMs;
    for (;;) {
      const object = await api.get<CertManagerObject>(ref, AbortSignal.timeout(waitMs));
      if (object !== undefined && holds(object)) return object;
      if (Date.now() > end) {
        const conditions = JSON.stringify(object?.status?.conditions);
        throw new Error(`${kind} ${place.name} has only ${conditions}`);
      }
      await sleep(30);
    }
  };
}

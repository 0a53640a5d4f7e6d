import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectMeta, SecretObject } from '../../src/api/core.ts';
import { kinds } from '../../src/api/kinds.ts';
import { type ApiConnection, connect } from '../../src/kubernetes/connect.ts';
import { type Kubectl, kubectlFor } from '../demo/kubectl.ts';

/** The cluster that issuers are installed on. */
export interface InstallPlace {
  readonly kubectl: Kubectl;
  readonly api: ApiConnection;
}

/** The cluster that a kubeconfig names; the caller must close its `api`. */
export async function openPlace(kubeconfig: string): Promise<InstallPlace> {
  return { kubectl: await kubectlFor(kubeconfig), api: await connect({ kubeconfig }) };
}

const fieldManager = 'weft-issuers';
const waitMs = 20_000;

/** Applies a file of `manifests/`, whose container runs that image. */
export async function applyManifest(
  { kubectl }: InstallPlace,
  name: string,
  image: string,
): Promise<void> {
  const text = await readFile(join(import.meta.dirname, 'manifests', name), 'utf8');
  await kubectl.applyText(text.replaceAll('$(image)', image));
}

/** Waits until the Deployment with the name of its namespace has its replicas ready. */
export async function rolledOut({ kubectl }: InstallPlace, name: string): Promise<void> {
  await kubectl.run('rollout', 'status', '-n', name, `deployment/${name}`, '--timeout=120s');
}

/** Creates a namespace unless it exists. */
export async function ensureNamespace({ api }: InstallPlace, name: string): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await api.apply(kinds.namespace, object, { fieldManager }, AbortSignal.timeout(waitMs));
}

/** A Secret, by namespace and name. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** The data of a Secret by key; undefined without the Secret. */
export async function readSecret(
  { api }: InstallPlace,
  place: SecretPlace,
): Promise<Readonly<Record<string, string>> | undefined> {
  const ref = { kind: kinds.secret, ...place };
  const secret = await api.get<SecretObject>(ref, AbortSignal.timeout(waitMs));
  if (secret === undefined) return undefined;
  const text = (base64: string): string => Buffer.from(base64, 'base64').toString('latin1');
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, text(value)]),
  );
}

/** Writes all data of a Secret; each character of a value is one byte. */
export async function writeSecret(
  { api }: InstallPlace,
  { labels, ...place }: SecretPlace & Pick<ObjectMeta, 'labels'>,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const base64 = (value: string): string => Buffer.from(value, 'latin1').toString('base64');
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, base64(value)]),
  );
  const metadata = { ...place, ...(labels && { labels }) };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data };
  const options = { fieldManager, force: true };
  await api.apply(kinds.secret, secret, options, AbortSignal.timeout(waitMs));
}

/** The data of a Secret. Without the Secret, writes it with the result of `make`. */
export async function ensureSecret(
  place: InstallPlace,
  secret: SecretPlace,
  make: () => Promise<Readonly<Record<string, string>>>,
): Promise<Readonly<Record<string, string>>> {
  const there = await readSecret(place, secret);
  if (there !== undefined) return there;
  const values = await make();
  await writeSecret(place, secret, values);
  return values;
}

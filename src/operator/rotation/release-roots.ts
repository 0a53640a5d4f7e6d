import {
  caSecret,
  intermediateSecretOf,
  madeByControlPlane,
} from '../../api/control-plane-names.ts';
import type { MeshRootCertificate } from '../../api/gen/mesh-root-certificate.ts';
import { kinds } from '../../api/kinds.ts';
import { rootOfMrc } from '../../api/root-of.ts';
import { WeftError } from '../../common/errors.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { rootFinalizer } from '../names.ts';
import { refOf } from './keep-roots.ts';
import { isManaged } from './records.ts';

/**
 * The end of a mesh for its roots: records of ours go, with the keys that Weft made; people's records
 * are let go and said to be unused, and Secrets that somebody brought stay.
 */
export async function releaseRoots(
  namespace: string,
  client: ApiClient,
  signal: AbortSignal,
): Promise<void> {
  const roots = await client.list<MeshRootCertificate>(
    kinds.meshRootCertificate,
    { namespace },
    signal,
  );
  for (const root of roots) await releaseRoot(root, client, signal);
  for (const name of new Set([caSecret, ...roots.flatMap(secretsOf)])) {
    await removeOurSecret({ namespace, name }, client, signal);
  }
}

async function releaseRoot(
  root: MeshRootCertificate,
  client: ApiClient,
  signal: AbortSignal,
): Promise<void> {
  const { finalizers = [], resourceVersion, uid } = root.metadata;
  const others = finalizers.filter((name) => name !== rootFinalizer);
  if (!isManaged(root) && root.status !== undefined) {
    const status = { state: 'unused', phase: null, acknowledged: null, componentStatuses: null };
    await client.merge(refOf(root), { value: { status }, subresource: 'status' }, signal);
  }
  if (others.length < finalizers.length) {
    const metadata = { finalizers: others, ...(isManaged(root) && { resourceVersion }) };
    await client.merge(refOf(root), { value: { metadata } }, signal).catch(ignoreMissing);
  }
  if (isManaged(root)) await client.remove(refOf(root), uid === undefined ? {} : { uid }, signal);
}

function ignoreMissing(error: unknown): void {
  if (WeftError.from(error).code !== 'api-not-found') throw error;
}

function secretsOf(root: MeshRootCertificate): readonly string[] {
  const provider = rootOfMrc(root)?.provider;
  if (provider?.kind === 'builtIn') return [provider.secretName];
  return [intermediateSecretOf(root.metadata.name)];
}

/** A root that a user brought stays: only they have it. Nothing but its labels is looked at. */
async function removeOurSecret(
  where: { readonly namespace: string; readonly name: string },
  client: ApiClient,
  signal: AbortSignal,
): Promise<void> {
  const ref = { kind: kinds.secret, ...where };
  const metadata = (await client.get(ref, signal))?.metadata;
  if (metadata?.labels?.[madeByControlPlane.label] !== madeByControlPlane.value) return;
  await client.remove(ref, metadata.uid === undefined ? {} : { uid: metadata.uid }, signal);
}

import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { kinds } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { refOf } from './keep-roots.ts';
import { isManaged } from '../rotation/records.ts';

/**
 * The end of a mesh for its roots: records of ours go, and with each the keys that Weft made for it, for
 * the record owns their Secret. People's records are said to be unused, and Secrets that somebody brought
 * stay. Nothing is left to do where the kind itself is gone.
 */
export async function releaseRoots(
  namespace: string,
  client: ApiClient,
  signal: AbortSignal,
): Promise<void> {
  const roots = await client
    .list<MeshRootCertificate>(kinds.meshRootCertificate, { namespace }, signal)
    .catch(noneWhenMissing);
  for (const root of roots) await releaseRoot(root, client, signal);
}

async function releaseRoot(
  root: MeshRootCertificate,
  client: ApiClient,
  signal: AbortSignal,
): Promise<void> {
  const { uid } = root.metadata;
  if (isManaged(root)) {
    await client.remove(refOf(root), uid === undefined ? {} : { uid }, signal);
  } else if (root.status !== undefined) {
    const status = { state: 'unused', phase: null, acknowledged: null, componentStatuses: null };
    await client
      .merge(refOf(root), { value: { status }, subresource: 'status' }, signal)
      .catch(noneWhenMissing);
  }
}

function noneWhenMissing(error: unknown): [] {
  if (WeftError.from(error).code === 'api-not-found') return [];
  throw error;
}

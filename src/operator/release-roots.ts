import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { kinds } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { refOf } from './keep-roots.ts';
import { isManaged } from '../rotation/records.ts';

/**
 * Releases the roots of a mesh that ends. Deletes the records that Weft made; a record owns the Secret with the keys
 * that Weft made for it, so that goes too. Marks users' records as unused, and leaves users' Secrets. Does nothing
 * where the kind itself is gone.
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

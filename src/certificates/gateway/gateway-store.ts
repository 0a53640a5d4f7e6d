import { controlPlaneName } from '../../api/control-plane-names.ts';
import type { SecretObject } from '../../api/core.ts';
import { kinds } from '../../api/kinds.ts';
import { gatewayOf } from '../../api/labels.ts';
import { WeftError } from '../../common/errors.ts';
import type { ApiClient, ObjectRef } from '../../kubernetes/api-client.ts';
import { isOfGateway, type StoredSecret } from './gateway-owned.ts';
import type { Gateway } from './gateway-secret.ts';

export type GatewayApi = Pick<ApiClient, 'get' | 'apply' | 'remove'>;
type Place = Gateway['secret'];

export interface GatewayStoreDeps {
  readonly client: GatewayApi;
  /** The control plane's namespace. It tells the Secrets of this mesh from those of another mesh. */
  readonly home: string;
}

/**
 * Writes and removes the ingress gateways' Secrets (docs/decisions/0116). A user who may edit the MeshConfig can name
 * any Secret in the cluster, so the store neither writes nor deletes a Secret of another owner, whatever its name and
 * namespace.
 */
export class GatewayStore {
  readonly #deps: GatewayStoreDeps;

  constructor(deps: GatewayStoreDeps) {
    this.#deps = deps;
  }

  /** Rejects with `configuration-invalid` when a Secret of another owner has that name. */
  async write(secret: SecretObject, signal: AbortSignal): Promise<void> {
    const { client, home } = this.#deps;
    const { name, namespace = '' } = secret.metadata;
    const found = await this.#find({ name, namespace }, signal);
    if (found !== undefined && !isOfGateway(found, home))
      throw ofAnother({ name, namespace }, home);
    const metadata = {
      ...secret.metadata,
      labels: { ...secret.metadata.labels, [gatewayOf]: home },
    };
    // Writes only the Secret that was checked. If it was created or changed since, the API server answers with a
    // conflict.
    const checked = found && {
      uid: found.metadata.uid,
      resourceVersion: found.metadata.resourceVersion,
    };
    const object = { ...secret, metadata: { ...metadata, ...checked } } as SecretObject;
    const force = found !== undefined;
    await client.apply(kinds.secret, object, { fieldManager: controlPlaneName, force }, signal);
  }

  /** False when the Secret belongs to another owner and stays. */
  async remove(place: Place, signal: AbortSignal): Promise<boolean> {
    const { client, home } = this.#deps;
    const found = await this.#find(place, signal);
    if (found === undefined) return true;
    if (!isOfGateway(found, home)) return false;
    const { uid } = found.metadata;
    await client.remove(refOf(place), uid === undefined ? {} : { uid }, signal);
    return true;
  }

  #find(place: Place, signal: AbortSignal): Promise<StoredSecret | undefined> {
    return this.#deps.client.get<StoredSecret>(refOf(place), signal);
  }
}

function refOf({ namespace, name }: Place): ObjectRef {
  return { kind: kinds.secret, namespace, name };
}

function ofAnother({ namespace, name }: Place, home: string): WeftError {
  return new WeftError(
    'configuration-invalid',
    `Secret ${namespace}/${name} already exists and does not belong to this mesh, so Weft does not overwrite it; name another Secret in spec.certificate.ingressGateway.secret, delete this Secret, or let Weft overwrite it by the label ${gatewayOf}=${home}`,
  );
}

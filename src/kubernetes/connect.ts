import { type Clock, systemClock } from '../common/clock.ts';
import type { ApiClient } from './api-client.ts';
import type { Credentials } from './credentials.ts';
import { HttpApiClient } from './http-api-client.ts';
import { inClusterCredentials, isInCluster, serviceAccountFolder } from './in-cluster.ts';
import { kubeconfigCredentials } from './kubeconfig.ts';
import type { ReadPage } from './list-pages.ts';
import type { Transport } from './transport.ts';
import { UndiciTransport } from './undici-transport.ts';

/** An API server and everything that is asked of it: calls through ApiClient, watches through `transport`. */
export interface ApiConnection extends ApiClient {
  /** URL of the API server. */
  readonly server: string;
  /** The namespace that this process runs in, or the one that the kubeconfig's context names. */
  readonly namespace: string | undefined;
  readonly transport: Transport;
  /** GET of a path, parsed. */
  readonly getJson: (path: string, signal: AbortSignal) => Promise<unknown>;
  /** GET of a page of a list, item by item. */
  readonly getItems: ReadPage;
  /** Cuts every connection. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** A kubeconfig file. Otherwise what KUBECONFIG names, else the pod's service account, else ~/.kube/config. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig other than its current one. */
  readonly context?: string;
  /** Rejects a kubeconfig that does not use TLS or does not verify the API server. */
  readonly verified?: boolean;
  /** How long one call may take, retries included, in milliseconds. Default 30,000. */
  readonly limitMs?: number;
  readonly clock?: Clock;
}

/** Finds the API server and our credentials; asks the server nothing yet. Rejects with configuration-invalid. */
export async function connect(options: ConnectOptions = {}): Promise<ApiConnection> {
  const clock = options.clock ?? systemClock;
  const credentials = await findCredentials(options, clock);
  const transport = new UndiciTransport(credentials);
  const { limitMs } = options;
  const client = new HttpApiClient({
    transport,
    clock,
    random: Math.random,
    ...(limitMs === undefined ? {} : { limitMs }),
  });
  return Object.assign(client, {
    server: credentials.server,
    namespace: credentials.namespace,
    transport,
    close: () => transport.close(),
  });
}

function findCredentials(
  { kubeconfig, context, verified = false }: ConnectOptions,
  clock: Clock,
): Promise<Credentials> {
  const named = kubeconfig ?? context ?? process.env['KUBECONFIG'] ?? '';
  if (named === '' && isInCluster()) {
    return inClusterCredentials({ environment: process.env, folder: serviceAccountFolder, clock });
  }
  return kubeconfigCredentials({ file: kubeconfig, context, verified, clock });
}

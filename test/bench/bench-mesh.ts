import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { injectedBy, monitoredBy, tokenAudience } from '../../src/api/labels.ts';
import { kubectl } from '../../tools/parts/kubectl.ts';
import type { ApiServer } from '../../tools/real/api-server.ts';
import { ApiCalls, forEachOf } from './api-calls.ts';

export const meshNamespace = 'weft-system';
/** All but one have an endpoint. */
const podsPerService = 10;
const servicesPerNamespace = 10;
const hourSeconds = 3600;

export interface BenchPod {
  readonly name: string;
  readonly ip: string;
  uid: string;
}

export interface BenchService {
  readonly namespace: string;
  readonly name: string;
  readonly pods: readonly BenchPod[];
}

/** A mesh of 100 services with 10 pods each on a real API server, without a node under it. */
export class BenchMesh {
  readonly api: ApiCalls;
  readonly services: readonly BenchService[];

  private constructor(api: ApiCalls, services: readonly BenchService[]) {
    this.api = api;
    this.services = services;
  }

  static async create(server: ApiServer, services: number): Promise<BenchMesh> {
    const api = await ApiCalls.to(server);
    await installCrds(server.kubeconfigPath);
    const world = new BenchMesh(
      api,
      Array.from({ length: services }, (_, index) => serviceAt(index)),
    );
    const namespaces = new Set(world.services.map(({ namespace }) => namespace));
    await world.#namespace(meshNamespace, {});
    await forEachOf([...namespaces], (name) => world.#namespace(name, { [monitoredBy]: 'osm' }));
    await world.#meshConfig();
    await forEachOf(world.services, (service) => world.#service(service));
    return world;
  }

  /** Tokens of the first `count` pods, going round the services. */
  async tokens(count: number): Promise<readonly string[]> {
    const wanted = Array.from({ length: podsPerService }, (_, at) =>
      this.services.map((service) => ({ service, pod: service.pods[at] })),
    )
      .flat()
      .slice(0, count);
    const tokens: string[] = [];
    await forEachOf(wanted, async ({ service, pod }) => {
      const path = `/api/v1/namespaces/${service.namespace}/serviceaccounts/${service.name}/token`;
      const { status } = await this.api.call('POST', path, {
        spec: {
          audiences: [tokenAudience],
          expirationSeconds: hourSeconds,
          boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod?.name, uid: pod?.uid },
        },
      });
      tokens.push((status as { token: string }).token);
    });
    return tokens;
  }

  /** Replaces an endpoint of the service by the pod that had none. */
  async changeEndpoint(service: BenchService, round: number): Promise<void> {
    await this.api.call('PATCH', slicePath(service), { endpoints: endpointsOf(service, round) });
  }

  /** Divides the calls of the third service between the first two. */
  async changeWeights(weight: number): Promise<void> {
    const [first, second, third] = this.services;
    if (first === undefined || second === undefined || third === undefined) return;
    const path = `/apis/split.smi-spec.io/v1alpha2/namespaces/${third.namespace}/trafficsplits/bench`;
    const split = {
      apiVersion: 'split.smi-spec.io/v1alpha2',
      kind: 'TrafficSplit',
      metadata: { name: 'bench', namespace: third.namespace },
      spec: {
        service: third.name,
        backends: [
          { service: first.name, weight },
          { service: second.name, weight: 100 - weight },
        ],
      },
    };
    await this.api.apply(path, JSON.stringify(split));
  }

  async #namespace(name: string, labels: Record<string, string>): Promise<void> {
    await this.api.call('POST', '/api/v1/namespaces', { metadata: { name, labels } });
  }

  async #meshConfig(): Promise<void> {
    const text = await readFile(
      new URL('../../config/samples/meshconfig.yaml', import.meta.url),
      'utf8',
    );
    const path = `/apis/config.openservicemesh.io/v1alpha2/namespaces/${meshNamespace}/meshconfigs/osm-mesh-config`;
    await this.api.apply(path, text);
  }

  async #service(service: BenchService): Promise<void> {
    const { namespace, name, pods } = service;
    const space = `/api/v1/namespaces/${namespace}`;
    await this.api.call('POST', `${space}/serviceaccounts`, { metadata: { name } });
    await this.api.call('POST', `${space}/services`, {
      metadata: { name },
      spec: {
        selector: { app: name },
        ports: [{ name: 'http', port: 80, targetPort: 8080, appProtocol: 'http' }],
      },
    });
    for (const pod of pods) await this.#pod(service, pod);
    await this.api.call(
      'POST',
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      {
        metadata: { name, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: endpointsOf(service, -1),
      },
    );
  }

  async #pod({ namespace, name }: BenchService, pod: BenchPod): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const created = await this.api.call('POST', path, {
      metadata: { name: pod.name, labels: { app: name, [injectedBy]: 'osm' } },
      spec: {
        nodeName: 'node-1',
        serviceAccountName: name,
        containers: [{ name: 'app', image: 'none', ports: [{ containerPort: 8080 }] }],
      },
    });
    pod.uid = (created['metadata'] as { uid: string }).uid;
    await this.#giveAddress({ namespace }, pod);
  }

  async #giveAddress(
    { namespace }: Pick<BenchService, 'namespace'>,
    { name, ip }: Pick<BenchPod, 'name' | 'ip'>,
  ): Promise<void> {
    await this.api.call('PATCH', `/api/v1/namespaces/${namespace}/pods/${name}/status`, {
      status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
    });
  }
}

function slicePath({ namespace, name }: BenchService): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`;
}

function serviceAt(index: number): BenchService {
  const name = `svc-${String(index).padStart(3, '0')}`;
  const pods = Array.from({ length: podsPerService }, (_, at) => ({
    name: `${name}-${at}`,
    // None is the beginning of another.
    ip: `10.10.${index}.${at + 100}`,
    uid: '',
  }));
  return { namespace: `bench-${Math.floor(index / servicesPerNamespace)}`, name, pods };
}

/** The pod that has no endpoint in this round. */
export function idlePod({ pods }: BenchService, round: number): BenchPod | undefined {
  return pods.at(round % pods.length);
}

function endpointsOf(service: BenchService, round: number): readonly object[] {
  const { namespace, pods } = service;
  return pods
    .filter((pod) => pod !== idlePod(service, round))
    .map(({ name, ip, uid }) => ({
      addresses: [ip],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', namespace, name, uid },
    }));
}

async function installCrds(kubeconfig: string): Promise<void> {
  const crds = new URL('../../crds', import.meta.url).pathname;
  const run = promisify(execFile);
  await run(await kubectl(), [`--kubeconfig=${kubeconfig}`, 'apply', '--server-side', '-k', crds]);
  await run(await kubectl(), [
    `--kubeconfig=${kubeconfig}`,
    'wait',
    '--for=condition=Established',
    '--timeout=30s',
    'crd',
    '--all',
  ]);
}

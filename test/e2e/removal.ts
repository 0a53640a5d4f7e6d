import { expect, it } from '@jest/globals';
import type { KubernetesObject } from '../../src/api/core.ts';
import { type Kind, kinds } from '../../src/api/kinds.ts';
import { figure } from './figure.ts';
import { bothKinds, failuresUnder } from './in-pod.ts';
import { twoBookstores } from './rolling-restart.ts';
import { kubectlPace, rolledOut, typed, type TestCluster } from './test-cluster.ts';
import { until } from '../support/time/until.ts';

const namespace = 'weft-system';
const name = 'weft-control-plane';
const url = 'http://bookstore.bookstore.svc.cluster.local:14001/books-bought';

interface Written extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & {
    readonly managedFields?: readonly { readonly manager: string }[];
  };
}

async function everyResource({ kubectl }: TestCluster): Promise<string> {
  const args = ['--verbs=list', '--cached=false', '-o', 'name'];
  const out = await kubectl.run('api-resources', ...args);
  const resources = out.trim().split('\n');
  return resources.filter((one) => !/^(events|componentstatuses)\b/.test(one)).join(',');
}

/** Every object of the cluster but events, as `<namespace> <resource>/<name>`. */
export async function inventory(world: TestCluster): Promise<ReadonlySet<string>> {
  const columns = '{.metadata.namespace} {.apiVersion}/{.kind}/{.metadata.name}';
  const format = `jsonpath={range .items[*]}${columns}{"\\n"}{end}`;
  const out = await world.kubectl.run('get', await everyResource(world), '-A', '-o', format);
  return new Set(out.split('\n').filter((line) => line !== ''));
}

/** What the mesh's own processes made or wrote, but for the status of policies and the operator's Lease. */
async function traces(world: TestCluster): Promise<readonly string[]> {
  const args = ['-A', '--show-managed-fields', '-o', 'json'];
  const out = await world.kubectl.run('get', await everyResource(world), ...args);
  const { items } = JSON.parse(out) as { items: readonly (Written & { kind: string })[] };
  const ours = items.filter(({ metadata }) =>
    metadata.managedFields?.some(({ manager }) => /^weft-(operator|control-plane)/.test(manager)),
  );
  return ours
    .filter(({ apiVersion }) => !apiVersion.includes('smi-spec.io'))
    .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`)
    .filter((line) => line !== `Lease ${namespace}/weft-operator`);
}

/**
 * Asks over and over which of these there are until all are gone; when the round began in which each was
 * first missing. The last object is checked first: once it is gone, the objects before it are gone too.
 */
async function followRemoval(
  { api, signal }: TestCluster,
  objects: readonly (readonly [kind: Kind, name: string])[],
): Promise<ReadonlyMap<string, number>> {
  const gone = new Map<string, number>();
  await until(
    async () => {
      const round = Date.now();
      for (const [kind, of] of objects.toReversed()) {
        const ref = { kind, name: of, ...(kind.namespaced ? { namespace } : {}) };
        if (!gone.has(kind.kind) && (await api.get(ref, signal)) === undefined)
          gone.set(kind.kind, round);
      }
      return gone.size === objects.length ? gone : undefined;
    },
    { what: 'the mesh to be gone', withinMs: 120_000 },
  );
  return gone;
}

/** The end of a mesh: the MeshConfig is deleted, then what installed it. */
export function removal(world: () => TestCluster, before: () => ReadonlySet<string>): void {
  it('deleting the MeshConfig removes all it made, webhooks first, and no traffic stops', async () => {
    await twoBookstores(world());
    expect(await traces(world())).not.toEqual([]);
    let gone: ReadonlyMap<string, number> = new Map();
    const began = Date.now();
    let took = 0;
    const failures = await failuresUnder(world(), 'MeshConfig deleted', {
      plans: bothKinds(url),
      work: async () => {
        const command = 'kubectl delete meshconfig osm-mesh-config -n weft-system';
        const [times] = await Promise.all([
          followRemoval(world(), [
            [kinds.mutatingWebhookConfiguration, 'weft-injector'],
            [kinds.validatingWebhookConfiguration, 'weft-validator'],
            [kinds.deployment, name],
            [kinds.clusterRole, name],
          ]),
          typed(world(), command),
        ]);
        took = Date.now() - began;
        gone = times;
      },
    });
    figure(`MeshConfig deleted, and what it made in ${(took / 1000).toFixed(1)} s`);
    const at = (kind: string): number => gone.get(kind) ?? NaN;
    expect(at('MutatingWebhookConfiguration')).toBeLessThanOrEqual(at('Deployment'));
    expect(at('ValidatingWebhookConfiguration')).toBeLessThanOrEqual(at('Deployment'));
    expect(at('Deployment')).toBeLessThanOrEqual(at('ClusterRole'));
    const left = await until(async () => ((await traces(world())).length === 0 ? [] : undefined), {
      what: 'no trace of the mesh',
      withinMs: 60_000,
      ...kubectlPace,
    });
    expect(left).toEqual([]);
    expect(failures).toEqual([]);
  }, 240_000);

  it('a workload restarted then has no sidecar', async () => {
    const { kubectl } = world();
    await kubectl.run('rollout', 'restart', '-n', 'bookthief', 'deployment/bookthief');
    await rolledOut(world(), 'bookthief', 'deployment/bookthief');
    const path = '-o=jsonpath={.items[*].spec.initContainers}';
    const args = ['pods', '-n', 'bookthief', '--field-selector=status.phase=Running'];
    const none = await until(() => kubectl.run('get', ...args, path), {
      holds: (answer) => answer === '',
      what: 'the old pod is gone',
      withinMs: 60_000,
      ...kubectlPace,
    });
    expect(none).toBe('');
  }, 120_000);

  it('what installed it goes as well, and nothing is left of either', async () => {
    await typed(world(), 'kubectl delete -k config/default');
    const left = [...(await inventory(world()))].filter(
      (line) => !before().has(line) && !ofGuests.test(line),
    );
    expect(left).toEqual([]);
  }, 120_000);
}

/** Objects of the demo, of these tests and of the node, and their namespaces. */
const guests =
  'book(buyer|thief|store|warehouse)|outside|shapes|probes|shop|load|hooks|late|own-dns|crowd|case-h|case-h-late|monitoring|held';
/** What the issuers that roots were switched to leave in the cluster. */
const issuers = 'cert-manager|openbao|mesh-ca';
const ofGuests = new RegExp(
  `^(${guests}|kube-node-lease) |/Namespace/(${guests})$|/IPAddress/|/ClusterRoleBinding/prometheus-reads-mesh-metrics$|/Role(Binding)?/prometheus-finds-mesh-pods$|${issuers}`,
);

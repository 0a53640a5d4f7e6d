import { afterAll, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../../src/api/core.ts';
import { type Kind, kinds } from '../../src/api/kinds.ts';
import { deepEqual } from '../../src/common/equal.ts';
import type { ObjectRef } from '../../src/kubernetes/api-client.ts';
import { figure } from './figure.ts';
import { startWatch } from './in-pod.ts';
import { twoBookstores } from './rolling-restart.ts';
import { kubectlPace, rolledOut, type TestCluster } from './test-cluster.ts';
import { inTurn, turnMs } from './turns.ts';
import { until } from '../support/time/until.ts';

const namespace = 'weft-system';
const name = 'weft-control-plane';
const boundMs = 5000;

/** An object of the operator's, and an edit that would harm the mesh. */
interface Case {
  readonly kind: Kind;
  readonly name: string;
  /** A merge patch. */
  readonly edit: unknown;
}

const cases: readonly Case[] = [
  { kind: kinds.service, name, edit: { spec: { selector: { 'app.kubernetes.io/name': 'x' } } } },
  { kind: kinds.podDisruptionBudget, name, edit: { spec: { maxUnavailable: 2 } } },
  { kind: kinds.role, name, edit: { rules: [] } },
  { kind: kinds.roleBinding, name, edit: { subjects: [] } },
  { kind: kinds.role, name: 'weft-mesh', edit: { rules: [] } },
  { kind: kinds.roleBinding, name: 'weft-mesh', edit: { subjects: [] } },
  { kind: kinds.clusterRole, name, edit: { rules: [] } },
  { kind: kinds.clusterRoleBinding, name, edit: { subjects: [] } },
  { kind: kinds.mutatingWebhookConfiguration, name: 'weft-injector', edit: { webhooks: [] } },
  {
    kind: kinds.validatingWebhookConfiguration,
    name: 'weft-validator',
    edit: { webhooks: [] },
  },
  { kind: kinds.deployment, name, edit: { spec: { replicas: 1 } } },
  { kind: kinds.serviceAccount, name, edit: { metadata: { labels: null } } },
];

function refOf({ kind, name: of }: Case): ObjectRef {
  return { kind, name: of, ...(kind.namespaced ? { namespace } : {}) };
}

/** The fields of an object that its author sets: all but the status and what the API server keeps. */
function substance(object: KubernetesObject): unknown {
  const { labels, ownerReferences } = object.metadata;
  const given = new Set(['metadata', 'status', 'clusterIP', 'clusterIPs']);
  const decided = JSON.stringify(object, (key, value: unknown) =>
    given.has(key) ? undefined : value,
  );
  return { decided: JSON.parse(decided) as unknown, labels, ownerReferences };
}

/** Disturbs an object and gives the milliseconds until it is as it was. */
async function repairTime(
  { api, signal }: TestCluster,
  one: Case,
  how: 'edit' | 'removal',
): Promise<number> {
  const ref = refOf(one);
  const before = await api.get(ref, signal);
  if (before === undefined) throw new Error(`there is no ${one.kind.kind} ${one.name}`);
  const began = Date.now();
  if (how === 'edit') await api.merge(ref, { value: one.edit }, signal);
  else await api.remove(ref, {}, signal);
  await until(
    async () => {
      const now = await api.get(ref, signal);
      const proof = how === 'edit' ? 'resourceVersion' : 'uid';
      const changed = now?.metadata[proof] !== before.metadata[proof];
      return now !== undefined && changed && deepEqual(substance(now), substance(before))
        ? now
        : undefined;
    },
    { what: `${one.kind.kind} ${one.name} as it was`, withinMs: 15_000 },
  );
  return Date.now() - began;
}

async function control(world: TestCluster): Promise<void> {
  await rolledOut(world, namespace, `deployment/${name}`);
  const wait = ['--for=condition=Ready', 'meshconfig/osm-mesh-config', '-n', namespace];
  await world.kubectl.run('wait', ...wait, '--timeout=120s');
}

/** Objects of the operator, edited and deleted by a user. */
export function drift(world: () => TestCluster): void {
  afterAll(() => control(world()), 150_000);

  for (const one of cases) {
    it(
      `${one.kind.kind}: an edit and a removal are repaired within 5 s`,
      async () => {
        const [edited, removed] = await inTurn(async () => [
          await repairTime(world(), one, 'edit'),
          await repairTime(world(), one, 'removal'),
        ]);
        figure(`${one.kind.kind} repaired ${edited} ms after an edit, ${removed} after a removal`);
        expect(Math.max(edited, removed)).toBeLessThan(boundMs);
      },
      60_000 + turnMs,
    );
  }

  it('replicas whose account was replaced are replaced, for their tokens are worth nothing', async () => {
    await control(world());
    const account = cases.find(({ kind }) => kind === kinds.serviceAccount)!;
    await repairTime(world(), account, 'removal');
    const live = await world().api.get(refOf(account), world().signal);
    const uid = live?.metadata.uid ?? '';
    await until(
      async () => {
        const path = '-o=jsonpath={.items[*].metadata.annotations.weft\\.dev/service-account-uid}';
        const args = ['pods', '-n', namespace, '-l', `app.kubernetes.io/name=${name}`, path];
        return (await world().kubectl.run('get', ...args)) === `${uid} ${uid}`;
      },
      { what: 'replicas of the new account alone', withinMs: 120_000, ...kubectlPace },
    );
    await control(world());
  }, 200_000);

  it('the mesh that was repaired obeys', async () => {
    await twoBookstores(world());
    const url = 'http://bookstore.bookstore.svc.cluster.local:14001/books-bought';
    const watch = await startWatch(world(), url);
    try {
      await watch.when((outcome) => outcome.startsWith('200'), 0);
      const before = watch.changes();
      const args = ['traffictarget', '-n', 'bookstore', '--all'];
      await world().kubectl.run('delete', ...args);
      await watch.when((outcome) => !outcome.startsWith('200'), before);
    } finally {
      watch.stop();
    }
    await twoBookstores(world());
  }, 180_000);
}

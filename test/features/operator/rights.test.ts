import { describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { kinds } from '../../../src/api/kinds.ts';
import { type Rule, clusterRules, rulesFor } from '../../../src/operator/access.ts';
import { patchSpec } from './mesh-objects.ts';
import type { AskedFor } from './recording-proxy.ts';
import {
  type Rig,
  getMeshConfig,
  getObject,
  makeRootSecret,
  namespace,
  playControlPlane,
  playReplicas,
  repository,
  rigOfFile,
  until,
  untilCondition,
} from './rig.ts';

jest.setTimeout(90_000);

/** `verb group/resource name` for every thing that rules allow; no name means all. */
function expand(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ apiGroups = [], resources = [], resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) => verbs.map((verb) => line({ verb, group, resource, name }))),
      ),
    ),
  );
}

function line({ verb, group, resource, name }: Omit<AskedFor, 'namespace' | 'status'>): string {
  return `${verb} ${group}/${resource} ${name ?? ''}`.trimEnd();
}

/** A right that covers what was asked for. */
function coverOf(asked: AskedFor, granted: ReadonlySet<string>): string | undefined {
  return [line(asked), line({ ...asked, name: undefined })].find((right) => granted.has(right));
}

function rulesOf(file: string, kind: string): readonly Rule[] {
  const documents = loadAll(readFileSync(join(repository, 'config/rbac', file), 'utf8'));
  const role = (documents as { kind: string; rules: readonly Rule[] }[]).find(
    (document) => document.kind === kind,
  );
  return role?.rules ?? [];
}

const cluster = rulesOf('cluster-role.yaml', 'ClusterRole');
const own = rulesOf('role.yaml', 'Role');
const granted = new Set([...expand(cluster), ...expand(own)]);
const ofNamespace = rulesFor({
  read: ['vault-token'],
  kept: ['weft-ca', 'weft-intermediate-weft-root-2'],
  certManager: true,
  tokens: true,
});
const handedOn = new Set([...expand(clusterRules), ...expand(ofNamespace)]);

/** The right of which a right to one named object is a part. */
function ofAll(right: string): string {
  return right.split(' ').slice(0, 2).join(' ');
}

const rig = rigOfFile(playEverything);

/** All that an operator ever does: made, scaled, pruned, refused, repaired, removed. */
async function playEverything(rig: Rig): Promise<void> {
  await rig.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
  await playControlPlane(rig);
  await untilCondition(rig, 'Ready=True/Ready');
  await patchSpec(rig, { controlPlane: { autoscaling: { min: 2, max: 4 } } });
  await until(() => getObject(rig, kinds.horizontalPodAutoscaler));
  await patchSpec(rig, { controlPlane: { autoscaling: null } });
  await until(async () => (await getObject(rig, kinds.horizontalPodAutoscaler)) === undefined);
  await playReplicas(rig, 2);
  await rig.kubectl('delete', 'service', 'weft-control-plane', '-n', namespace);
  await until(() => getObject(rig, kinds.service));
  const labels = { 'weft.dev/mesh': 'osm' };
  const metadata = { name: 'weft-bootstrap', namespace: 'default', labels };
  const bootstrap = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
  await rig.admin.create(kinds.configMap, bootstrap, rig.signal);
  await rig.admin.create(kinds.secret, makeRootSecret('weft'), rig.signal);
  await until(() => Promise.resolve(renewals(rig) > 0));
  await rig.kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--timeout=30s');
  await until(async () => (await getMeshConfig(rig)) === undefined);
}

function renewals(rig: Rig): number {
  return rig.proxy.asked.filter(({ verb, resource }) => `${verb} ${resource}` === 'patch leases')
    .length;
}

describe('the rights of the operator', () => {
  it('have no wildcard', () => {
    const all = [...cluster, ...own].flatMap((rule) => [
      ...(rule.apiGroups ?? []),
      ...(rule.resources ?? []),
      ...(rule.nonResourceURLs ?? []),
      ...rule.verbs,
    ]);
    expect(all.filter((word) => word.includes('*'))).toEqual([]);
    expect(granted.size).toBeGreaterThan(50);
  });

  it('are enough for all it does: nothing was forbidden', () => {
    const forbidden = rig().proxy.asked.filter(({ status }) => status === 403);
    expect(forbidden.map(line)).toEqual([]);
  });

  it('have a rule for each thing that it asked for', () => {
    const uncovered = rig().proxy.asked.filter((asked) => coverOf(asked, granted) === undefined);
    expect(uncovered.map(line)).toEqual([]);
  });

  it('hold what it hands to the control plane', () => {
    const isHeld = (right: string): boolean => granted.has(right) || granted.has(ofAll(right));
    expect([...handedOn].filter((right) => !isHeld(right))).toEqual([]);
  });

  it('have nothing that it neither uses nor hands on', () => {
    const used = new Set(rig().proxy.asked.map((asked) => coverOf(asked, granted)));
    const handed = new Set([...handedOn, ...[...handedOn].map(ofAll)]);
    const idle = [...granted].filter((right) => !used.has(right) && !handed.has(right));
    expect(idle).toEqual([]);
  });

  it('reach secrets in its own namespace only, and are handed on by name but for creation', () => {
    const secrets = (rules: readonly Rule[]): readonly Rule[] =>
      rules.filter(({ resources = [] }) => resources.includes('secrets'));
    expect(secrets(cluster)).toEqual([]);
    expect(
      secrets(ofNamespace).filter(
        ({ resourceNames, verbs }) => resourceNames === undefined && verbs.join() !== 'create',
      ),
    ).toEqual([]);
  });

  it('touch the root key at the very end only', () => {
    const asked = rig().proxy.asked.filter(({ resource }) => resource === 'secrets');
    expect(asked.map(line)).toEqual(['get /secrets weft-ca', 'delete /secrets weft-ca']);
  });
});

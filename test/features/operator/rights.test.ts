import { describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { kinds, type Kind } from '../../../src/api/kinds.ts';
import { type Rule, clusterRules, rulesFor } from '../../../src/operator/access.ts';
import { patchSpec } from '../../support/operator/mesh-objects.ts';
import { getRoot } from '../../support/operator/played-switch.ts';
import type { AskedFor } from '../../support/api-server/recording-proxy.ts';
import {
  type OperatorRig,
  getObject,
  namespace,
  playControlPlane,
  playReplicas,
  repository,
  operatorRigOfFile,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';

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
  read: ['vault-token', 'weft-ca'],
  kept: ['weft-intermediate-weft-root-2'],
  certManager: true,
  tokens: true,
});
const handedOn = new Set(expand(clusterRules));
/** It hands on more than it holds in two Roles of its own namespace, which config/admission limits. */
const beyond = ['weft-control-plane', 'weft-mesh'].flatMap((name) =>
  ['escalate', 'bind'].map((verb) => `${verb} rbac.authorization.k8s.io/roles ${name}`),
);

const rig = operatorRigOfFile(playEverything);

/** All that an operator ever does: made, scaled, pruned, refused, repaired, removed. */
async function playEverything(rig: OperatorRig): Promise<void> {
  await rig.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
  await playControlPlane(rig);
  await untilCondition(rig, 'Ready=True/Ready');
  await patchSpec(rig, { controlPlane: { autoscaling: { min: 2, max: 4 } } });
  await until(() => getObject(rig, kinds.horizontalPodAutoscaler));
  await patchSpec(rig, { controlPlane: { autoscaling: null } });
  await until(() => getObject(rig, kinds.horizontalPodAutoscaler), {
    holds: (answer) => answer === undefined,
  });
  await playReplicas(rig, 2);
  await rig.kubectl('delete', 'service', 'weft-control-plane', '-n', namespace);
  await until(() => getObject(rig, kinds.service));
  const record = { kind: kinds.meshRootCertificate, namespace, name: 'weft-root-1' };
  await rig.admin.merge(record, { value: { spec: { role: 'passive' } } }, rig.signal);
  await until(async () => (await getRoot(rig, record.name))?.spec.role === 'active');
  const labels = { 'weft.dev/mesh': 'osm' };
  const metadata = { name: 'weft-bootstrap', namespace: 'default', labels };
  const bootstrap = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
  await rig.admin.create(kinds.configMap, bootstrap, rig.signal);
  await until(() => renewals(rig) > 0);
  await rig.kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--timeout=30s');
  const away = (name: string, kind: Kind): Promise<unknown> =>
    until(() => getObject(rig, kind, name), {
      holds: (answer) => answer === undefined,
      withinMs: 30_000,
    });
  await away('weft-proxies', kinds.configMap);
  await away('weft-root-1', kinds.meshRootCertificate);
}

function renewals(rig: OperatorRig): number {
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

  it('hold what it hands to the control plane in the whole cluster', () => {
    expect([...handedOn].filter((right) => !granted.has(right))).toEqual([]);
    expect(expand(cluster).filter((right) => /^(escalate|bind) /.test(right))).toEqual([]);
  });

  it('have nothing that it neither uses nor hands on', () => {
    const used = new Set(rig().proxy.asked.map((asked) => coverOf(asked, granted)));
    const idle = [...granted].filter((right) => !used.has(right) && !handedOn.has(right));
    expect(idle.toSorted()).toEqual(beyond.toSorted());
  });

  it('reach no secret, and are handed on by name but for creation', () => {
    const secrets = (rules: readonly Rule[]): readonly Rule[] =>
      rules.filter(({ resources = [] }) => resources.includes('secrets'));
    expect([...secrets(cluster), ...secrets(own)]).toEqual([]);
    expect(
      secrets(ofNamespace).filter(
        ({ resourceNames, verbs }) => resourceNames === undefined && verbs.join() !== 'create',
      ),
    ).toEqual([]);
  });

  it('change no webhook configuration but the two of the mesh', () => {
    const changes = expand(cluster).filter((right) =>
      /^(?!list|watch|get).* admissionregistration/.test(right),
    );
    expect(new Set(changes.map((right) => right.split(' ')[2]))).toEqual(
      new Set(['weft-injector', 'weft-validator']),
    );
  });
});

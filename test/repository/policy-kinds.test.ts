import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { policyKinds } from '../../src/api/policy-kinds.ts';
import { clusterRules, type Rule } from '../../src/operator/access.ts';

const root = resolve(import.meta.dirname, '../..');

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly subresources?: { readonly status?: object };
    }[];
  };
}

/** The CRDs that Weft installs, by kind. */
function definitions(): ReadonlyMap<string, Definition['spec']> {
  const { resources } = load(read('crds/kustomization.yaml')) as { resources: string[] };
  const all = resources.map((file) => load(read(`crds/${file}`)) as Definition);
  return new Map(all.map(({ spec }) => [spec.names.kind, spec]));
}

/** `verb group/resource name` for all that the rules allow. */
function expand(rules: readonly Rule[]): readonly string[] {
  return rules.flatMap(({ apiGroups = [], resources = [], resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) =>
          verbs.map((verb) => `${verb} ${group}/${resource} ${name}`),
        ),
      ),
    ),
  );
}

/** What the operator holds, to hand it to the control plane. */
function operatorRules(): readonly Rule[] {
  const documents = loadAll(read('config/rbac/cluster-role.yaml')) as Partial<{ rules: Rule[] }>[];
  return documents.flatMap(({ rules = [] }) => rules);
}

describe('the table of policy kinds', () => {
  it.each(Object.values(policyKinds).filter(({ optional }) => !optional))(
    'agrees with the CRD of $kind, which has a status',
    ({ kind, group, version, plural }) => {
      const definition = definitions().get(kind);
      expect(definition).toMatchObject({ group, names: { kind, plural } });
      const stored = definition?.versions.find(({ storage }) => storage);
      expect(stored?.name).toBe(version);
      expect(stored?.subresources?.status).toBeDefined();
    },
  );

  it('gives the control plane no right that config/rbac does not give the operator', () => {
    const held = new Set(expand(operatorRules()));
    expect(expand(clusterRules).filter((right) => !held.has(right))).toEqual([]);
  });

  it('is the only source of rights on policies in config/rbac', () => {
    const groups = new Set(Object.values(policyKinds).map(({ group }) => group));
    const onPolicies = (rules: readonly Rule[]): readonly string[] =>
      expand(rules)
        .filter((right) => groups.has(right.split(' ')[1]?.split('/')[0] ?? ''))
        .sort();
    expect(onPolicies(operatorRules())).toEqual(onPolicies(clusterRules));
  });
});

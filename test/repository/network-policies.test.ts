import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { plan } from '../../src/operator/plan.ts';
import { makeMeshConfig } from '../support/builders/make-mesh-config.ts';

// The local node's network does not enforce NetworkPolicies, so what they say is held to what pods open.

interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly {
      readonly ports?: readonly { readonly containerPort: number }[];
    }[];
  };
}

interface NetworkPolicy {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly policyTypes: readonly string[];
    readonly ingress: readonly {
      readonly from?: readonly object[];
      readonly ports: readonly { readonly port: number }[];
    }[];
  };
}

function read(file: string): unknown {
  const text = readFileSync(join(import.meta.dirname, '../../config', file), 'utf8');
  const [first] = loadAll(text);
  if (first === undefined) throw new Error(`${file} is empty`);
  return first;
}

type Deployment = { readonly spec: { readonly template: Template } };

function controlPlane(): Template {
  const { objects } = plan(makeMeshConfig(), {
    images: { controlPlane: 'w', envoy: 'e', init: 'i' },
    account: 'uid',
    caBundle: undefined,
    needs: { read: [], kept: [], certManager: false, tokens: false },
    available: false,
    home: undefined,
    live: new Set(),
  });
  const found = objects.find(({ kind }) => kind.kind === 'Deployment');
  return (found?.object as unknown as Deployment).spec.template;
}

const rows: readonly (readonly [string, () => Template])[] = [
  ['control-plane', controlPlane],
  ['operator', () => (read('operator/deployment.yaml') as Deployment).spec.template],
];

describe.each(rows)('the NetworkPolicy of the %s', (name, template) => {
  const { spec } = read(`network-policy/${name}.yaml`) as NetworkPolicy;
  const named = spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port));

  it('is about its pods, and about what comes in', () => {
    expect(template().metadata.labels).toMatchObject(spec.podSelector.matchLabels);
    expect(spec.policyTypes).toEqual(['Ingress']);
  });

  it('names every port that they open in exactly one rule', () => {
    const opened = template().spec.containers.flatMap(({ ports = [] }) =>
      ports.map(({ containerPort }) => containerPort),
    );
    expect(opened.length).toBeGreaterThan(0);
    expect(opened.map((port) => named.filter((one) => one === port).length)).toEqual(
      opened.map(() => 1),
    );
  });

  it('names the callers of every port, but for webhooks and health, whose callers have no label', () => {
    const open = spec.ingress.filter(({ from }) => from === undefined);
    expect(open.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual(
      name === 'operator' ? [9091] : [9443, 9091],
    );
  });
});

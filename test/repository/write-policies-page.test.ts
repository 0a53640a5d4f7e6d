import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dump, load, loadAll } from 'js-yaml';
import type { KubernetesObject } from '../../src/api/core.ts';
import type { TrafficSplit } from '../../src/api/gen/traffic-split.ts';
import type { TrafficTarget } from '../../src/api/gen/traffic-target.ts';
import { identityKey } from '../../src/policy/identity.ts';
import { createViews } from '../../src/policy/view-of.ts';
import { readStory, type Story } from '../support/stories/story.ts';

const repository = join(import.meta.dirname, '../..');
const text = (file: string): string => readFileSync(join(repository, file), 'utf8');

/** The manifests of the page, those in lists too. */
const written = [
  ...text('docs/write-policies.md').matchAll(/^( *)```yaml\n(.*?)^ *```/gms),
].flatMap(
  ([, indent = '', block = '']) =>
    loadAll(block.replaceAll(new RegExp(`^${indent}`, 'gm'), '')) as readonly KubernetesObject[],
);

interface Schema {
  readonly type?: string;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Definition {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

const definitions = ['httproutegroup', 'tcproute', 'trafficsplit', 'traffictarget'].map(
  (name) => load(text(`crds/smi/${name}.yaml`)) as Definition,
);

/** Where a value is not as its definition has it: fields that the API server would prune or refuse. */
function strays(value: unknown, schema: Schema, path: string): readonly string[] {
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [path];
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return value.flatMap((one, index) => strays(one, items, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || schema.properties === undefined) return [];
  const { properties, required = [] } = schema;
  const missing = required.filter((name) => !(name in value)).map((name) => `${path}.${name}`);
  const inner = Object.entries(value).flatMap(([name, one]) => {
    const known = properties[name];
    return known === undefined ? [`${path}.${name}`] : strays(one, known, `${path}.${name}`);
  });
  return [...missing, ...inner];
}

function schemaOf({ kind, apiVersion }: KubernetesObject): Schema | undefined {
  const found = definitions.find(({ spec }) => spec.names.kind === kind);
  const version = apiVersion.split('/')[1];
  const served = found?.spec.versions.find((one) => one.served && one.name === version);
  return served?.schema.openAPIV3Schema;
}

const monitored = { 'openservicemesh.io/monitored-by': 'osm' };
const namespaces = ['front', 'shop'].map((name) => ({
  ...{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: monitored } },
}));

function pod(
  name: string,
  given: { at: string; account: string; labels: object },
): readonly object[] {
  const namespace = name === 'web' ? 'front' : 'shop';
  const labels = { 'weft.dev/injected-by': 'osm', ...given.labels };
  const addresses = { podIP: given.at, podIPs: [{ ip: given.at }] };
  const spec = { nodeName: 'n', serviceAccountName: given.account, containers: [{ name: 'app' }] };
  const metadata = { name, namespace, uid: name, labels };
  const status = { phase: 'Running', ...addresses };
  return [{ apiVersion: 'v1', kind: 'Pod', metadata, spec, status }];
}

/** What of its pods a Service leads to. */
function slice(service: string, [ofPod, at]: readonly [string, string], port: object): object {
  const labels = { 'kubernetes.io/service-name': service };
  const targetRef = { kind: 'Pod', namespace: 'shop', name: ofPod, uid: ofPod };
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    metadata: { name: service, namespace: 'shop', labels },
    ports: [{ ...port, protocol: 'TCP' }],
    endpoints: [{ addresses: [at], conditions: { ready: true }, targetRef }],
  };
}

const cart = {
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'cart', namespace: 'shop' } },
  spec: { selector: { app: 'cart' }, ports: [{ name: 'http', port: 8080 }] },
};
const http = { name: 'http', port: 8080 };
const around: readonly object[] = [
  ...namespaces,
  {
    ...{ apiVersion: 'config.openservicemesh.io/v1alpha2', kind: 'MeshConfig' },
    metadata: { name: 'osm-mesh-config', namespace: 'weft-system' },
    spec: { traffic: { enablePermissiveTrafficPolicyMode: false } },
  },
  cart,
  ...pod('web', { at: '10.1.0.1', account: 'web', labels: {} }),
  ...pod('v1', {
    at: '10.1.0.2',
    account: 'cart',
    labels: { app: 'cart', version: 'v1' },
  }),
  ...pod('v2', {
    ...{ at: '10.1.0.3', account: 'cart-v2' },
    labels: { app: 'cart', version: 'v2' },
  }),
  ...pod('db', { at: '10.1.0.4', account: 'db', labels: { app: 'db' } }),
  slice('cart-v1', ['v1', '10.1.0.2'], http),
  slice('cart-v2', ['v2', '10.1.0.3'], http),
  slice('db', ['db', '10.1.0.4'], { name: 'sql', port: 3306 }),
];

function compiled(objects: readonly object[]): Story {
  return readStory([...around, ...objects].map((object) => dump(object)).join('---\n'));
}

/** What a client may call: the Service, and the ServiceAccounts of its pods that are open to it. */
function reachOf({ compilation }: Story, namespace: string, serviceAccount: string): object {
  const account = identityKey({ namespace, serviceAccount });
  const { services } = createViews().outboundOf(compilation.model, account);
  return Object.fromEntries(services.map(({ service, accounts }) => [service.key, accounts]));
}

const split = (written.find(({ kind }) => kind === 'TrafficSplit') ?? {}) as TrafficSplit;
const target = (written.find(
  ({ kind, metadata }) => kind === 'TrafficTarget' && metadata.name === 'cart',
) ?? {}) as TrafficTarget;

describe('docs/write-policies.md', () => {
  it('has every kind of policy, each as its definition has it', () => {
    const policies = written.filter(({ kind }) => kind !== 'Service');
    expect(new Set(policies.map(({ kind }) => kind)).size).toBe(4);
    for (const object of policies) {
      const schema = schemaOf(object);
      expect([object.kind, schema === undefined]).toEqual([object.kind, false]);
      expect(strays(object, schema ?? {}, object.kind)).toEqual([]);
    }
  });

  it('has nothing in its manifests that Weft complains of, and opens what it says', () => {
    const story = compiled(written);
    expect(story.compilation.diagnostics).toEqual([]);
    expect(reachOf(story, 'front', 'web')).toEqual({
      'shop/cart': ['shop/cart'],
      'shop/cart-v1': ['shop/cart'],
    });
    expect(reachOf(story, 'shop', 'cart')).toEqual({ 'shop/db': ['shop/db'] });
  });

  it('names the second TrafficTarget, which opens version 2', () => {
    const { spec } = target;
    const second = {
      ...target,
      metadata: { name: 'cart-v2', namespace: 'shop' },
      spec: { ...spec, destination: { ...spec.destination, name: 'cart-v2' } },
    };
    const story = compiled([...written, second]);
    expect(story.compilation.diagnostics).toEqual([]);
    expect(reachOf(story, 'front', 'web')).toMatchObject({ 'shop/cart-v2': ['shop/cart-v2'] });
  });

  it('names the diagnostics that a canary comes to', () => {
    const without = (name: string): readonly object[] =>
      written.filter(({ metadata }) => metadata.name !== name);
    const other = { ...split, metadata: { ...split.metadata, name: 'other' } };
    const codes = [compiled(without('cart-v2')), compiled([...written, other])].flatMap((story) =>
      story.compilation.diagnostics.map(({ code }) => code),
    );
    expect(codes).toEqual(['split-backend-missing', 'split-conflict']);
  });
});

// Generates src/api/gen from the schemas in crds/: one file of types for each kind, from the version
// that is stored. Run by `make generate`; the result is committed and never edited.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { load } from 'js-yaml';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { format } from 'prettier';

interface CustomResourceDefinition {
  readonly kind: string;
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

type Schema = Readonly<Record<string, unknown>> & {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
};

const root = resolve(import.meta.dirname, '../..');
const generated = join(root, 'src/api/gen');

/** `HTTPRouteGroup` to `http-route-group`. */
function fileName(kind: string): string {
  return kind.replaceAll(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3-$2$4').toLowerCase();
}

/** OpenAPI as Kubernetes writes it to the JSON schema that the type writer knows. */
function jsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonSchema);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !key.startsWith('x-kubernetes-'));
  const schema = Object.fromEntries(entries.map(([key, inner]) => [key, jsonSchema(inner)]));
  const marks = value as Record<string, unknown>;
  if (marks['x-kubernetes-int-or-string'] === true) {
    delete schema['anyOf'];
    schema['type'] = ['integer', 'string'];
  }
  if (marks['x-kubernetes-preserve-unknown-fields'] === true) {
    if (marks['type'] === undefined) schema['tsType'] = 'unknown';
    else schema['additionalProperties'] = true;
  }
  return schema;
}

/** The types of one part of a kind, with all that lies below in place. */
async function typesOf(name: string, schema: Schema | undefined): Promise<string> {
  if (schema === undefined) return '';
  return compile(jsonSchema(schema) as JSONSchema, name, {
    additionalProperties: false,
    bannerComment: '',
    format: false,
    maxItems: -1,
  });
}

async function moduleOf(crd: CustomResourceDefinition, source: string): Promise<string> {
  const kind = crd.spec.names.kind;
  const stored = crd.spec.versions.find((version) => version.storage);
  if (stored === undefined) throw new Error(`${source}: no version is stored`);
  const { description, properties = {} } = stored.schema.openAPIV3Schema;
  const status =
    properties['status'] === undefined ? '' : `readonly status?: Frozen<${kind}Status>;`;
  const text = `// Generated from ${source} by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** ${description ?? kind} */
export interface ${kind} extends KubernetesObject {
  readonly kind: '${kind}';
  readonly spec: Frozen<${kind}Spec>;
  ${status}
}

${await typesOf(`${kind}Spec`, properties['spec'])}
${await typesOf(`${kind}Status`, properties['status'])}`;
  return format(text, { parser: 'typescript', printWidth: 100, singleQuote: true });
}

function yamlFiles(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? yamlFiles(path) : path.endsWith('.yaml') ? [path] : [];
    })
    .sort();
}

rmSync(generated, { recursive: true, force: true });
mkdirSync(generated, { recursive: true });
for (const source of yamlFiles('crds')) {
  if (basename(source) === 'kustomization.yaml') continue;
  const crd = load(readFileSync(join(root, source), 'utf8')) as CustomResourceDefinition;
  if (crd.kind !== 'CustomResourceDefinition') continue;
  const target = join(generated, `${fileName(crd.spec.names.kind)}.ts`);
  writeFileSync(target, await moduleOf(crd, source));
  process.stdout.write(`${target.slice(root.length + 1)}\n`);
}

import { join } from 'node:path';
import { dump, loadAll } from 'js-yaml';
import { repository } from '../images/bundle.ts';
import type { Kubectl } from './kubectl.ts';

/** The objects of an installation to delete on a cluster that has other users. */
export interface Leaving {
  /** YAML of the objects. */
  readonly objects: string;
  /** Users' objects, `<kind>/<name>`, that would be deleted with their definitions: these definitions stay. */
  readonly kept: readonly string[];
}

interface Definition {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/**
 * All of config/default, except for the definitions of kinds of which users have objects:
 * deleting a definition deletes every object of its kind, in all namespaces.
 */
export async function leaving(kubectl: Kubectl): Promise<Leaving> {
  const text = await kubectl.run('kustomize', join(repository, 'config/default'));
  const all = loadAll(text) as Definition[];
  const definitions = all.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const kept: string[] = [];
  for (const { metadata } of definitions) kept.push(...(await objectsOf(kubectl, metadata.name)));
  const gone = kept.length === 0 ? all : all.filter((one) => !definitions.includes(one));
  return { objects: gone.map((object) => dump(object)).join('---\n'), kept };
}

/** Objects of a kind that Weft did not create; the kind as its definition is named: `<plural>.<group>`. */
async function objectsOf(kubectl: Kubectl, definition: string): Promise<readonly string[]> {
  const known = await kubectl.run('get', 'crd', definition, '--ignore-not-found', '-o', 'name');
  if (known === '') return [];
  const others = 'app.kubernetes.io/managed-by!=weft';
  const names = await kubectl.run('get', definition, '-A', '-l', others, '-o', 'name');
  return names.split('\n').filter((name) => name !== '');
}

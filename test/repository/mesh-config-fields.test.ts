import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import { idleBlocks, idleFields, idleNotes } from '../../src/api/idle-fields.ts';
import type { MeshConfig } from '../../src/api/gen/mesh-config.ts';
import { leavesOfSpec } from '../../tools/generate/mesh-config-fields.ts';

const repository = join(import.meta.dirname, '../..');
const leaves = leavesOfSpec();

/** Sources that could put a field into force: not its type, nor the code that checks or lists it. */
const sources = globSync('src/**/*.ts', {
  cwd: repository,
  exclude: (path) =>
    /gen$|\.test\.ts$|idle-fields\.ts$|validate-mesh-config\.ts$/.test(
      typeof path === 'string' ? path : '',
    ),
})
  .map((file) => readFileSync(join(repository, file), 'utf8'))
  .join('\n');

/** Handed on as they are, to be read by Kubernetes. */
const whole = ['controlPlane.podDisruptionBudget', 'controlPlane.tolerations'];

function isRead(path: string): boolean {
  const found = whole.find((one) => path.startsWith(`${one}.`)) ?? path;
  return found.split('.').every((name) => new RegExp(`\\b${name}\\b`).test(sources));
}

function isListed(path: string): boolean {
  return (
    idleFields.some((field) => field.path === path) ||
    idleBlocks.some((block) => path.startsWith(`${block}.`))
  );
}

describe('every field that the schema of a MeshConfig takes', () => {
  it('is one of many', () => {
    expect(leaves.length).toBeGreaterThan(80);
  });

  it.each(leaves.map(({ path }) => path))('%s: is read, or said to have no effect', (path) => {
    expect(isRead(path) || isListed(path)).toBe(true);
  });

  it.each(idleFields.map((field) => [field.path, field] as const))(
    '%s: is said to have no effect, and is a field with that default that nothing reads',
    (path, { unless }) => {
      const leaf = leaves.find((one) => one.path === path);
      expect(leaf?.preset).toEqual(unless);
      const blocked = idleBlocks.some((block) => path.startsWith(`${block}.`));
      expect(blocked || !isRead(path)).toBe(true);
    },
  );

  it('is reported when it asks for something, and not otherwise', () => {
    expect(idleNotes({})).toEqual([]);
    expect(
      idleNotes({
        addons: { grafana: {} },
        featureFlags: { enableMulticlusterMode: true, enableWASMStats: true },
      }),
    ).toEqual([
      'spec.addons.grafana has no effect: this version installs no tools beside the mesh.',
      'spec.featureFlags.enableMulticlusterMode has no effect: a mesh is one cluster.',
    ]);
  });

  it("asks for nothing that there is not in OSM's own MeshConfig", () => {
    const file = join(repository, 'config/samples/osm-meshconfig.yaml');
    const { spec } = load(readFileSync(file, 'utf8')) as MeshConfig;
    expect(idleNotes(spec)).toEqual([]);
  });
});

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import type { MeshConfig } from '../../src/api/gen/mesh-config.ts';

const repository = join(import.meta.dirname, '../..');
const text = (file: string): string => readFileSync(join(repository, file), 'utf8');
const meshConfigIn = (file: string): MeshConfig => load(text(file)) as MeshConfig;

describe('samples of a MeshConfig', () => {
  const samples = globSync('config/samples/**/*meshconfig.yaml', { cwd: repository }).sort();

  it.each(samples)('%s says whether the mesh is permissive: left out, it would be', (file) => {
    expect(meshConfigIn(file).spec.traffic?.enablePermissiveTrafficPolicyMode).toEqual(
      expect.any(Boolean),
    );
  });

  it.each(['cert-manager', 'vault'])('of %s: the patch changes certificates alone', (provider) => {
    const patch = `config/samples/${provider}/provider-patch.yaml`;
    const { certificate } = meshConfigIn(`config/samples/${provider}/meshconfig.yaml`).spec;
    expect(load(text(patch))).toEqual({ spec: { certificate } });
    const command = `kubectl patch meshconfig osm-mesh-config -n weft-system --type=merge --patch-file ${patch}`;
    expect(text(`docs/certificates-${provider}.md`)).toContain(`$ ${command}\n`);
    expect(text(patch)).toContain(`# ${command}\n`);
  });
});

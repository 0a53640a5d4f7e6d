/* Fails when generated code is not what its sources make. Works on a copy of the hashes, leaves the tree as it was made. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../images/bundle.ts';

const watched = [
  'src/envoy/gen/**/*',
  'src/api/gen/*',
  'docs/architecture.md',
  'docs/decisions/README.md',
  'docs/meshconfig-fields.md',
  'docs/policy-kinds.md',
  'config/admission/meshconfig-warnings.yaml',
];

function hashes(): Map<string, string> {
  const files = globSync(watched, { cwd: repository, withFileTypes: false });
  const entries = files
    .filter((file) => /\.\w+$/.test(file))
    .map((file) => {
      const bytes = readFileSync(join(repository, file));
      return [file, createHash('sha256').update(bytes).digest('hex')] as const;
    });
  return new Map(entries);
}

const before = hashes();
for (const script of [
  'tools/generate/envoy.ts',
  'tools/generate/api.ts',
  'tools/generate/mesh-config-fields.ts',
  'tools/generate/policy-kinds-page.ts',
  'tools/docs/room-graph.ts',
  'tools/docs/decisions-index.ts',
]) {
  execFileSync(process.execPath, [join(repository, script)], { cwd: repository, stdio: 'pipe' });
}
const after = hashes();
const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
  (file) => before.get(file) !== after.get(file),
);
if (changed.length > 0) {
  process.stderr.write(`not what the generators make (run \`make generate\`):\n`);
  for (const file of changed) process.stderr.write(`  ${file}\n`);
  process.exit(1);
}

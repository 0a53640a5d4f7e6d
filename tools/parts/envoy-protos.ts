import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached } from '../base/cache.ts';
import { run } from '../base/command.ts';
import { step } from '../progress.ts';
import { envoyVersion } from './envoy.ts';

const module = join(import.meta.dirname, 'envoy-protos');
const sources = ['go.mod', 'go.sum', 'main.go'];
const publisher = 'github.com/envoyproxy/go-control-plane';

/**
 * The path of a FileDescriptorSet: the proto files that `envoy-protos/protos.txt` names, of the Envoy
 * release in use, and all that they import (docs/decisions/0085, docs/decisions/0134).
 */
export async function envoyProtos(): Promise<string> {
  const wanted = await wantedProtos();
  const fingerprint = await checkedFingerprint();
  const directory = await cached('envoy-protos', `${envoyVersion}-${fingerprint}`, (draft) =>
    step(`Read the protos of Envoy ${envoyVersion}`, async (note) => {
      note('Go compiles them: this takes a minute or two, once');
      const source = join(draft, 'source');
      await mkdir(source);
      for (const file of sources) await copyFile(join(module, file), join(source, file));
      await writeFile(join(source, 'packages.go'), importing(wanted));
      const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' };
      await run('go', ['build', '-buildvcs=false', '-o', 'program', '.'], { cwd: source, env });
      const set = await run(join(source, 'program'), wanted);
      await writeFile(join(draft, 'set.base64'), set);
      await rm(source, { recursive: true });
    }),
  );
  return join(directory, 'set.base64');
}

/** Go code that links the packages that carry these protos. Each has the path of its proto's folder. */
function importing(protos: readonly string[]): string {
  const folders = new Set(protos.map((proto) => dirname(proto)));
  const lines = [...folders].map((folder) => `import _ "${publisher}/${folder}"\n`);
  return `package main\n\n${lines.join('')}`;
}

/** The names in protos.txt, one a line. */
export async function wantedProtos(): Promise<readonly string[]> {
  const text = await readFile(join(module, 'protos.txt'), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

async function checkedFingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [...sources, 'protos.txt']) {
    const text = await readFile(join(module, file), 'utf8');
    if (file === 'go.mod' && !text.includes(`${publisher}/envoy v${envoyVersion}\n`)) {
      throw new Error(
        `tools/parts/envoy-protos/go.mod names protos of another Envoy than ${envoyVersion}: ` +
          `run \`go get ${publisher}/envoy@v${envoyVersion}\` and \`go get ${publisher}/envoy/...\` there`,
      );
    }
    hash.update(text);
  }
  return hash.digest('hex').slice(0, 8);
}

import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../base/cache.ts';
import { run } from '../base/command.ts';
import { step } from '../progress.ts';
import { envoyVersion } from './envoy.ts';

const module = join(import.meta.dirname, 'envoy-protos');

/**
 * The path of a FileDescriptorSet: the proto files that `envoy-protos/protos.txt` names, of the Envoy
 * release in use, and all that they import (docs/decisions/0085).
 */
export async function envoyProtos(): Promise<string> {
  const wanted = await wantedProtos();
  const fingerprint = await checkedFingerprint();
  const directory = await cached('envoy-protos', `${envoyVersion}-${fingerprint}`, (draft) =>
    step(`Read the protos of Envoy ${envoyVersion}`, async (note) => {
      note('Go compiles them: this takes a minute or two, once');
      const program = join(draft, 'program');
      const env = { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
      await run('go', ['build', '-buildvcs=false', '-o', program, '.'], { cwd: module, env });
      const set = await run(program, wanted);
      await writeFile(join(draft, 'set.base64'), set);
      await rm(program);
    }),
  );
  return join(directory, 'set.base64');
}

/** The names in protos.txt, one a line. */
export async function wantedProtos(): Promise<readonly string[]> {
  const text = await readFile(join(module, 'protos.txt'), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

async function checkedFingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go', 'protos.txt']) {
    const text = await readFile(join(module, file), 'utf8');
    if (file === 'go.mod' && !text.includes(`go-control-plane/envoy v${envoyVersion}\n`)) {
      throw new Error(
        `tools/parts/envoy-protos/go.mod names protos of another Envoy than ${envoyVersion}: ` +
          `run \`go get github.com/envoyproxy/go-control-plane/envoy@v${envoyVersion}\` there`,
      );
    }
    hash.update(text);
  }
  return hash.digest('hex').slice(0, 8);
}

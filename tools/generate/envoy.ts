// Generates src/envoy/gen from the Envoy protos inside the @grpc/grpc-js-xds devDependency.
// Run by `make generate`; the result is committed and never edited.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const deps = join(root, 'node_modules/@grpc/grpc-js-xds/deps');
const sources = ['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds'].map((d) => join(deps, d));
const bin = join(root, 'node_modules/.bin');
const generated = join(root, 'src/envoy/gen');

/** What the shipped protos lack: a field that they use themselves, and newer ones that Weft sets. */
const repairs: Readonly<Record<string, (text: string) => string>> = {
  'validate/validate.proto': (text) =>
    text.replace(
      /message StringRules \{/,
      'message StringRules {\n  optional bool ignore_empty = 26;',
    ),
  // Envoy 1.37: connect to the upstream only after the downstream's TLS handshake.
  'envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto': (text) =>
    text.replace(
      /\nmessage TcpProxy \{/,
      [
        '',
        'enum UpstreamConnectMode {',
        '  IMMEDIATE = 0;',
        '  ON_DOWNSTREAM_DATA = 1;',
        '  ON_DOWNSTREAM_TLS_HANDSHAKE = 2;',
        '}',
        '',
        'message TcpProxy {',
        '  UpstreamConnectMode upstream_connect_mode = 21;',
        '  google.protobuf.UInt32Value max_early_data_bytes = 22;',
      ].join('\n'),
    ),
};

function repair(path: string, text: string): string {
  return repairs[path]?.(text) ?? text;
}

function read(path: string): string | undefined {
  for (const dir of sources) {
    const file = join(dir, path);
    if (existsSync(file)) return readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  }
  return undefined;
}

/** Copies `path` and everything it imports into `stage`. google/protobuf/* comes with buf. */
function stageClosure(stage: string, path: string, seen: Set<string>): void {
  if (seen.has(path) || path.startsWith('google/protobuf/')) return;
  seen.add(path);
  const text = read(path);
  if (text === undefined) throw new Error(`no such proto: ${path}`);
  const target = join(stage, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, repair(path, text));
  for (const match of text.matchAll(/^import (?:public )?"([^"]+)";/gm)) {
    stageClosure(stage, match[1] ?? '', seen);
  }
}

const wanted = readFileSync(join(import.meta.dirname, 'envoy-protos.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const stage = mkdtempSync(join(tmpdir(), 'weft-protos-'));
const seen = new Set<string>();
for (const path of wanted) stageClosure(stage, path, seen);
writeFileSync(join(stage, 'buf.yaml'), 'version: v2\n');
writeFileSync(
  join(stage, 'buf.gen.yaml'),
  [
    'version: v2',
    'plugins:',
    `  - local: ${join(bin, 'protoc-gen-es')}`,
    `    out: ${generated}`,
    '    opt: [target=js+dts, import_extension=js]',
    '',
  ].join('\n'),
);
rmSync(generated, { recursive: true, force: true });
execFileSync(join(bin, 'buf'), ['generate'], { cwd: stage, stdio: 'inherit' });
rmSync(stage, { recursive: true });
process.stdout.write(`src/envoy/gen: ${String(seen.size)} protos\n`);

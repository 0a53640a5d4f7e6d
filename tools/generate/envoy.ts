// Generates src/envoy/gen from the protos of the Envoy release in use: protoc-gen-es is handed what
// protoc would hand it. Run by `make generate`; the result is committed and never edited
// (docs/decisions/0002, docs/decisions/0085).
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { envoyProtos } from '../parts/envoy-protos.ts';

const root = resolve(import.meta.dirname, '../..');
const generated = join(root, 'src/envoy/gen');
const plugin = join(root, 'node_modules/.bin/protoc-gen-es');

/** protoc-gen-es writes this line into each file. It is removed: ESLint does not read generated folders (eslint.config.mjs). */
const lintNote = '/* eslint-disable */\n';

/** Google's own types come with @bufbuild/protobuf. */
function toGenerate({ file }: FileDescriptorSet): string[] {
  return file.map(({ name }) => name).filter((name) => !name.startsWith('google/protobuf/'));
}

function generate(set: FileDescriptorSet): ReadonlyMap<string, string> {
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: toGenerate(set),
    parameter: 'target=js+dts,import_extension=js',
    protoFile: set.file,
  });
  const answer = execFileSync(plugin, {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 2 ** 28,
  });
  const response = fromBinary(CodeGeneratorResponseSchema, answer);
  if (response.error !== '') throw new Error(`protoc-gen-es: ${response.error}`);
  return new Map(response.file.map(({ name, content }) => [name, content.replace(lintNote, '')]));
}

const text = readFileSync(await envoyProtos(), 'utf8');
const set = fromBinary(FileDescriptorSetSchema, Buffer.from(text, 'base64'));
const files = generate(set);
rmSync(generated, { recursive: true, force: true });
for (const [name, content] of files) {
  const path = join(generated, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
process.stdout.write(`src/envoy/gen: ${String(toGenerate(set).length)} protos\n`);

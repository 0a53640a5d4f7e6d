/*
 * Completes package-lock.json after `npm install`: optional packages for other platforms that the
 * registry in use does not have are left out by npm, and `npm ci` then refuses the file. Each gets an
 * entry with its version, system and processor, so that it is known and, here, not wanted.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Entry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Readonly<Record<string, string>>;
}

const systems = 'aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(
  ' ',
);
const processors = 'arm arm64 armv7 ia32 loong64 mips64el ppc64 riscv64 s390x wasm32 x64'.split(
  ' ',
);

function tokenOf(name: string, tokens: readonly string[]): string | undefined {
  return name.split(/[-/]/).find((part) => tokens.includes(part));
}

/** Systems and processors in the words of `os` and `cpu`, read off a package's name. */
function platformOf(name: string): Pick<Entry, 'os' | 'cpu'> {
  const os = tokenOf(name, systems);
  const cpu = tokenOf(name, processors);
  if (os === undefined && cpu === undefined) throw new Error(`no platform in the name of ${name}`);
  return {
    ...(os === undefined ? {} : { os: [os] }),
    ...(cpu === undefined ? {} : { cpu: [cpu === 'armv7' ? 'arm' : cpu] }),
  };
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Entry>;
};

/** Whether `name` is found from `parent`, as Node would look for it. */
function isThere(parent: string, name: string): boolean {
  for (let folder = parent; ; folder = folder.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, wanted] of Object.entries(entry.optionalDependencies ?? {})) {
    if (path === '' || isThere(path, name) || !/^\d/.test(wanted)) continue;
    const dev = entry.dev === true ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = {
      version: wanted,
      ...platformOf(name),
      ...dev,
      optional: true,
    };
    added += 1;
  }
}
const sorted = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
);
writeFileSync(
  'package-lock.json',
  `${JSON.stringify({ ...lock, packages: sorted }, undefined, 2)}\n`,
);
process.stdout.write(`${added} entries added\n`);

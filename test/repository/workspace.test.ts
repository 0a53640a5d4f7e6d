import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const repository = join(import.meta.dirname, '../..');
const text = (file: string): string => readFileSync(join(repository, file), 'utf8');

interface Devcontainer {
  readonly build: { readonly dockerfile: string; readonly args: Readonly<Record<string, string>> };
  readonly postCreateCommand: string;
  readonly customizations: { readonly vscode: { readonly extensions: readonly string[] } };
}

const devcontainer = JSON.parse(text('.devcontainer/devcontainer.json')) as Devcontainer;
const { args, dockerfile } = devcontainer.build;

/** 1.26.0 and 1.26 as 1026: Go's versions in an order. */
function goVersion(written: string): number {
  const [major = 0, minor = 0] = written.split('.').map(Number);
  return major * 1_000 + minor;
}

describe('the devcontainer', () => {
  it('has the Node of .nvmrc, which the packages have, too', () => {
    const node = text('.nvmrc').trim();
    expect(args['NODE_VERSION']).toBe(node);
    const { devDependencies, engines } = JSON.parse(text('package.json')) as {
      devDependencies: Readonly<Record<string, string>>;
      engines: { node: string };
    };
    expect(devDependencies['node']).toMatch(new RegExp(`^${node}\\.`));
    expect(engines.node).toBe(`>=${node}`);
  });

  it('has a Go that is new enough for each Go module', () => {
    const modules = globSync('tools/parts/*/go.mod', { cwd: repository });
    const wanted = modules.map((file) => /^go (\S+)$/m.exec(text(file))?.[1] ?? '');
    expect(wanted.length).toBeGreaterThan(3);
    for (const version of wanted)
      expect(goVersion(args['GO_VERSION'] ?? '')).toBeGreaterThanOrEqual(goVersion(version));
  });

  it('builds with those versions and sets the repository up', () => {
    const used = [...text(`.devcontainer/${dockerfile}`).matchAll(/^FROM \w+:\$\{(\w+)\}/gm)];
    expect(used.map(([, name]) => name).sort()).toEqual(Object.keys(args).sort());
    expect(devcontainer.postCreateCommand).toBe('make setup');
  });
});

describe('the editor', () => {
  it('recommends the same extensions in the devcontainer and out of it', () => {
    const { recommendations } = JSON.parse(text('.vscode/extensions.json')) as {
      recommendations: readonly string[];
    };
    expect(devcontainer.customizations.vscode.extensions).toEqual(recommendations);
  });

  it('formats with Prettier, and uses the TypeScript of the workspace', () => {
    const settings = JSON.parse(text('.vscode/settings.json')) as Readonly<Record<string, unknown>>;
    expect(settings['editor.formatOnSave']).toBe(true);
    expect(settings['editor.defaultFormatter']).toBe('esbenp.prettier-vscode');
    expect(settings['typescript.tsdk']).toBe('node_modules/typescript/lib');
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { loadAll } from 'js-yaml';
import type { Container, KubernetesObject, PodTemplate } from '../../../src/api/core.ts';
import { imagesName } from '../../../src/operator/names.ts';
import { NamedImages } from '../../../src/operator/named-images.ts';
import { planWorkload } from '../../../src/operator/workload.ts';
import { version } from '../../../src/version.ts';
import { run } from '../../../tools/base/command.ts';
import { kubectl } from '../../../tools/parts/kubectl.ts';
import { makeMeshConfig } from '../../support/builders/make-mesh-config.ts';
import { repository } from '../../support/operator/operator-on-api-server.ts';

jest.setTimeout(60_000);

interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly (Container & { readonly args: readonly string[] })[];
      };
    };
  };
}

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;
const pinned = {
  weft: `registry.example/mesh/weft@${digestOf('a')}`,
  init: `registry.example/mesh/weft-init@${digestOf('b')}`,
  envoy: `registry.example/mesh/envoy@${digestOf('c')}`,
};
const overlay = {
  images: [
    { name: 'weft.dev/weft', newName: 'registry.example/mesh/weft', digest: digestOf('a') },
    {
      name: 'weft.dev/weft-init',
      newName: 'registry.example/mesh/weft-init',
      digest: digestOf('b'),
    },
    { name: 'envoyproxy/envoy', newName: 'registry.example/mesh/envoy', digest: digestOf('c') },
  ],
};

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weft-overlay-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function render(more: object): Promise<string> {
  const resources = [relative(directory, join(repository, 'config/default'))];
  const kustomization = JSON.stringify({ resources, ...more });
  await writeFile(join(directory, 'kustomization.yaml'), kustomization);
  return run(await kubectl(), ['kustomize', directory]);
}

function find(rendered: string, kind: 'PodTemplate', name: string): PodTemplate;
function find(rendered: string, kind: 'Deployment', name: string): Deployment;
function find(rendered: string, kind: string, name: string): KubernetesObject {
  const all = loadAll(rendered) as KubernetesObject[];
  const found = all.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

/** The container that the operator of this install makes for the control plane. */
function controlPlaneOf(rendered: string): Deployment['spec']['template']['spec']['containers'][0] {
  const images = new NamedImages(version).read(find(rendered, 'PodTemplate', imagesName));
  const planned = planWorkload(makeMeshConfig(), { images, account: 'uid' });
  const made = planned.map(({ object }) => object).find(({ kind }) => kind === 'Deployment');
  const [container] = (made as unknown as Deployment).spec.template.spec.containers;
  if (container === undefined) throw new Error('no container');
  return container;
}

describe('images: of an overlay over config/default', () => {
  it('reaches all that is deployed: operator, control plane, sidecars and their init containers', async () => {
    const rendered = await render(overlay);
    const operator = find(rendered, 'Deployment', 'weft-operator');
    expect(operator.spec.template.spec.containers.map(({ image }) => image)).toEqual([pinned.weft]);
    const controlPlane = controlPlaneOf(rendered);
    expect(controlPlane.image).toBe(pinned.weft);
    expect(controlPlane.args).toContain(`--envoy-image=${pinned.envoy}`);
    expect(controlPlane.args).toContain(`--init-image=${pinned.init}`);
    expect(rendered).not.toMatch(/weft\.dev\/weft[:@-]|envoyproxy\/envoy[:@]/);
  });

  it('is not needed: without it all have the names that they are published under', async () => {
    const rendered = await render({});
    const published = new NamedImages(version).read(undefined);
    const controlPlane = controlPlaneOf(rendered);
    expect(controlPlane.image).toBe(published.controlPlane);
    expect(controlPlane.args).toContain(`--envoy-image=${published.envoy}`);
    expect(controlPlane.args).toContain(`--init-image=${published.init}`);
    const { metadata } = find(rendered, 'PodTemplate', imagesName);
    expect(metadata.labels?.['app.kubernetes.io/version']).toBe(version);
  });
});

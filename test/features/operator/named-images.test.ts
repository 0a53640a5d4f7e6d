import { describe, it, jest } from '@jest/globals';
import type { Container } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { imagesName } from '../../../src/operator/names.ts';
import { version } from '../../../src/version.ts';
import {
  getObject,
  namespace,
  operatorRigOfFile,
} from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

jest.setTimeout(60_000);

const rig = operatorRigOfFile(
  (started) => started.kubectl('apply', '-f', 'config/samples/meshconfig.yaml'),
  {
    operator: { version, images: {} },
  },
);

/** The control plane's container as it is deployed, once that is so. */
async function containerThat(is: (container: Container) => boolean): Promise<Container> {
  const value = await until(async () => {
    const deployment = (await getObject(rig(), kinds.deployment)) as Deployment | undefined;
    return deployment?.spec.template.spec.containers.find(is);
  });
  return value;
}

interface Deployment {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly Container[] } };
  };
}

const ref = { kind: kinds.podTemplate, namespace, name: imagesName };
const images = (weft: string): object => ({
  template: { spec: { containers: [{ name: 'control-plane', image: weft }] } },
});

describe('the images of an install, in a cluster', () => {
  it('are deployed by the operator under its own rights', async () => {
    await containerThat(({ image }) => image === `weft.dev/weft:${version}`);
  });

  it('are followed when they change', async () => {
    const pinned = `registry.example/weft@sha256:${'a'.repeat(64)}`;
    await rig().admin.merge(ref, { value: images(pinned) }, rig().signal);
    await containerThat(({ image }) => image === pinned);
  });

  it('are left to the next operator when they are of its version', async () => {
    const before = await containerThat(() => true);
    const labels = { 'app.kubernetes.io/version': '99.0.0' };
    const value = { ...images('registry.example/weft:99'), metadata: { labels } };
    await rig().admin.merge(ref, { value }, rig().signal);
    await rig().admin.merge(ref, { value: { metadata: { labels: { more: 'x' } } } }, rig().signal);
    await rig().kubectl('annotate', 'meshconfig', 'osm-mesh-config', '-n', namespace, 'a=b');
    await staysTrueFor(2_000, 'the image', async () => {
      const now = await containerThat(() => true);
      return now.image === before.image;
    });
  });
});

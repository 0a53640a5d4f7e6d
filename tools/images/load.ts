import { run } from '../base/command.ts';
import { placeOf } from '../cluster/place.ts';
import { step } from '../progress.ts';

/** The image to load: a `BuiltImage`. */
export interface LoadableImage {
  readonly reference: string;
  readonly hash: string;
  readonly archive: string;
}

/** The label on an image in containerd with the hash of its build. */
const label = 'weft.dev/build';

/** Puts images into a local cluster's containerd, leaving out those it has; returns how many were new. */
export async function loadImages(
  cluster: string,
  images: readonly LoadableImage[],
): Promise<number> {
  const ctr = ['-a', placeOf(cluster).containerdSocket, '-n', 'k8s.io', 'images'];
  const listed = (await run('ctr', [...ctr, 'ls'])).split('\n');
  const has = ({ reference, hash }: LoadableImage): boolean =>
    listed.some((line) => line.startsWith(`${reference} `) && line.includes(`${label}=${hash}`));
  const wanted = images.filter((image) => !has(image));
  for (const { reference, hash, archive } of wanted) {
    await step(`Load ${reference}`, async () => {
      await run('ctr', [...ctr, 'import', archive]);
      await run('ctr', [...ctr, 'label', reference, `${label}=${hash}`]);
    });
  }
  return wanted.length;
}

import type { PodTemplate } from '../api/core.ts';
import { type Images, publishedImages } from '../api/published-images.ts';

const versionLabel = 'app.kubernetes.io/version';
/** Containers of the PodTemplate, by what their images are for. */
const containers: Readonly<Record<keyof Images, string>> = {
  controlPlane: 'control-plane',
  envoy: 'envoy',
  init: 'init',
};

/**
 * The images that an operator deploys: those of its command line, else those of the install's PodTemplate, else the
 * published names (docs/decisions/0112). A PodTemplate of another version belongs to the next or the previous operator;
 * it is ignored, and the last known images stay.
 */
export class NamedImages {
  readonly #version: string;
  readonly #given: Partial<Images>;
  #known: Images;

  constructor(version: string, given: Partial<Images> = {}) {
    this.#version = version;
    this.#given = given;
    this.#known = { ...publishedImages(version), ...given };
  }

  read(template: PodTemplate | undefined): Images {
    if (template?.metadata.labels?.[versionLabel] === this.#version)
      this.#known = { ...publishedImages(this.#version), ...imagesIn(template), ...this.#given };
    return this.#known;
  }
}

function imagesIn({ template }: PodTemplate): Partial<Images> {
  const found = Object.entries(containers).flatMap(([use, name]) => {
    const image = template.spec?.containers?.find((one) => one.name === name)?.image ?? '';
    return image === '' ? [] : [[use, image] as const];
  });
  return Object.fromEntries(found);
}

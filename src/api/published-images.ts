/** The images of this version of Weft. */
export interface Images {
  readonly controlPlane: string;
  readonly envoy: string;
  readonly init: string;
}

/** The names under which the images of a version are published. */
export function publishedImages(version: string): Images {
  return {
    controlPlane: `weft.dev/weft:${version}`,
    envoy: 'envoyproxy/envoy:v1.40.0',
    init: `weft.dev/weft-init:${version}`,
  };
}

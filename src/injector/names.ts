// What the injector adds to a pod goes by these names; a pod that uses one itself is refused.

export const sidecarName = 'envoy';
export const initName = 'weft-init';
export const bootstrapVolume = 'weft-bootstrap';
export const tokenVolume = 'weft-token';

/** The user and group Envoy runs as; interception knows Envoy's own traffic by it. */
export const sidecarUser = 1500;

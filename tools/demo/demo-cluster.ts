import { defaultCluster } from '../cluster/place.ts';

/** The local cluster of the demo; WEFT_CLUSTER names another, so that tests have a separate cluster. */
export const demoCluster = process.env['WEFT_CLUSTER'] ?? defaultCluster;

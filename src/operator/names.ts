import { controlPlaneName } from '../api/control-plane-names.ts';

export const fieldManager = 'weft-operator';
/** PodTemplate that names the images of an install: config/operator/images.yaml. */
export const imagesName = 'weft-images';
export const operatorLease = 'weft-operator';

/**
 * On every object that the operator makes, and on no other. The operator removes a labelled object that it does not
 * want.
 */
export const ownedLabels = { 'app.kubernetes.io/managed-by': 'weft-operator' } as const;
export const ownedSelector = 'app.kubernetes.io/managed-by=weft-operator';

/** Selects the control plane's pods. A Deployment's selector cannot change, so neither may this. */
export const podLabels = { 'app.kubernetes.io/name': controlPlaneName } as const;
/** On the control plane's pods: the uid of the ServiceAccount that they run as. */
export const accountAnnotation = 'weft.dev/service-account-uid';

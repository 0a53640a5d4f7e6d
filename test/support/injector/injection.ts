import type { AdmissionHandler, AdmissionRequest } from '../../../src/api/admission.ts';
import type { Namespace } from '../../../src/api/core.ts';
import { monitoredBy, sidecarInjection } from '../../../src/api/labels.ts';
import type { AdmittedPod } from '../../../src/injector/admitted-pod.ts';
import type { InjectorFacts } from '../../../src/injector/facts.ts';
import { createInjector } from '../../../src/injector/inject.ts';

/** A namespace of mesh `osm` with injection on; `changes` replaces its metadata's parts. */
export function makeNamespace(
  name: string,
  changes: Partial<Namespace['metadata']> = {},
): Namespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { [monitoredBy]: 'osm' },
      annotations: { [sidecarInjection]: 'enabled' },
      ...changes,
    },
  };
}

/** Facts of a mesh `osm` ruled from `weft-system`, with one namespace, `shop`. */
export function makeFacts(
  changes: Partial<InjectorFacts> = {},
  namespaces: readonly Namespace[] = [makeNamespace('shop')],
): InjectorFacts {
  return {
    meshName: 'osm',
    controlPlaneNamespace: 'weft-system',
    images: { envoy: 'envoy:1', init: 'weft-init:1' },
    sidecar: {},
    traffic: {},
    namespace: (wanted) => namespaces.find(({ metadata }) => metadata.name === wanted),
    ...changes,
  };
}

/** The injector as the webhooks' server has it. */
export function injectionHandler(facts: () => InjectorFacts): AdmissionHandler {
  const injector = createInjector(facts);
  return (request) => injector(request).answer;
}

/** A pod `cart` with one container `app`, as it comes to admission. */
export function makeAdmittedPod(
  spec: Partial<AdmittedPod['spec']> = {},
  metadata: Partial<AdmittedPod['metadata']> = {},
): AdmittedPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'cart', ...metadata },
    spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
  };
}

/** The request to create that pod. */
export function makePodRequest(pod: AdmittedPod, namespace = 'shop'): AdmissionRequest {
  return {
    uid: 'u-1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    operation: 'CREATE',
    namespace,
    object: pod,
  };
}

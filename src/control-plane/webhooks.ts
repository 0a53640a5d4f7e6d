import type { AdmissionHandler } from '../api/admission.ts';
import type { KubernetesObject, Namespace } from '../api/core.ts';
import { injectionPath, validationPath } from '../api/control-plane-names.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { createAdmissionServer, type AdmissionServer } from '../admission/server.ts';
import type { ServerCertificate } from '../certificates/leaves/server-certificate.ts';
import type { Logger } from '../common/logger.ts';
import { createInjector } from '../injector/inject.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import { validatePolicy } from '../mesh/validate-policy.ts';
import { injectionOutcome } from './injection-outcome.ts';
import type { ControlPlaneMetrics } from './prometheus.ts';
import { servingCertificate } from './serving-certificate.ts';

export interface WebhooksDeps {
  readonly port: number;
  readonly meshName: string;
  readonly namespace: string;
  readonly images: { readonly envoy: string; readonly init: string };
  readonly spec: () => MeshConfig['spec'] | undefined;
  readonly namespaces: ObjectStore<KubernetesObject>;
  readonly certificate: ServerCertificate;
  readonly metrics: ControlPlaneMetrics;
  readonly logger: Logger;
}

function counted(handler: AdmissionHandler, metrics: ControlPlaneMetrics): AdmissionHandler {
  return (request) => {
    const answer = handler(request);
    metrics.injected(injectionOutcome(answer));
    return answer;
  };
}

/** The injector and the validator, on one HTTPS port. The server certificate must be there already. */
export function createWebhooks(deps: WebhooksDeps): AdmissionServer {
  const { certificate } = deps;
  const injector = createInjector(() => ({
    meshName: deps.meshName,
    controlPlaneNamespace: deps.namespace,
    images: deps.images,
    sidecar: deps.spec()?.sidecar ?? {},
    traffic: deps.spec()?.traffic ?? {},
    namespace: (name) => deps.namespaces.objects.get(name) as Namespace | undefined,
  }));
  return createAdmissionServer({
    port: deps.port,
    log: deps.logger.with({ part: 'webhooks' }),
    routes: new Map<string, AdmissionHandler>([
      [injectionPath, counted(injector, deps.metrics)],
      [validationPath, validatePolicy],
    ]),
    certificate: servingCertificate(certificate),
  });
}

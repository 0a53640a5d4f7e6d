import { type AdmissionServer, createAdmissionServer } from '../admission/server.ts';
import type { AdmissionHandler } from '../api/admission.ts';
import { injectionPath, validationPath } from '../api/control-plane-names.ts';
import type { ServerIdentity } from '../certificates/leaves/server-certificate.ts';
import type { Component } from '../common/component.ts';
import { firstValue, type Followed } from '../common/topic.ts';
import { createInjector } from '../injector/inject.ts';
import type { CompiledMesh } from '../mesh/compile.ts';
import { validatePolicy } from '../mesh/validate-policy.ts';
import { certificateSource } from './certificate-source.ts';
import type { ControlPlaneContext } from './context.ts';
import type { MeshConfigInForce } from './mesh-config-in-force.ts';
import type { ControlPlaneMetrics } from './prometheus.ts';
import type { Watches } from './watches.ts';

export interface WebhooksDeps {
  readonly watches: Watches;
  readonly meshConfig: MeshConfigInForce;
  readonly identity: Followed<ServerIdentity | undefined>;
  readonly mesh: Followed<CompiledMesh | undefined>;
  readonly metrics: ControlPlaneMetrics;
}

/**
 * The injector and the validator, on one HTTPS port: once there is a certificate, and a compiled mesh to check pods
 * by.
 */
export class Webhooks implements Component {
  readonly name = 'webhooks';
  readonly leaderOnly = false;
  readonly #deps: WebhooksDeps;
  readonly #server: AdmissionServer;
  #listens = false;

  constructor(context: ControlPlaneContext, deps: WebhooksDeps) {
    this.#deps = deps;
    this.#server = createServer(context, deps);
  }

  problem(): string | undefined {
    return this.#listens ? undefined : 'not listening yet';
  }

  async run(signal: AbortSignal): Promise<void> {
    await firstValue(this.#deps.identity, signal);
    await firstValue(this.#deps.mesh, signal);
    void this.#server.listening.then(
      () => (this.#listens = true),
      () => undefined,
    );
    await this.#server.run(signal);
  }
}

function createServer(
  { options, logger }: ControlPlaneContext,
  { watches, meshConfig, identity, metrics }: WebhooksDeps,
): AdmissionServer {
  const injector = createInjector(() => ({
    meshName: meshConfig.membership.meshName,
    controlPlaneNamespace: options.namespace,
    images: options.images,
    sidecar: meshConfig.value?.sidecar ?? {},
    traffic: meshConfig.value?.traffic ?? {},
    namespace: (name) => watches.cluster.Namespace.objects.get(name),
  }));
  const inject: AdmissionHandler = (request) => {
    const { answer, outcome } = injector(request);
    metrics.injected(outcome);
    return answer;
  };
  return createAdmissionServer({
    port: options.ports.webhook,
    log: logger.with({ part: 'webhooks' }),
    routes: new Map<string, AdmissionHandler>([
      [injectionPath, inject],
      [validationPath, validatePolicy],
    ]),
    certificate: certificateSource(identity),
  });
}

import {
  caBundleConfigMap,
  caBundleKey,
  certificatesConfigMap,
  proxiesConfigMap,
  spiffeBundleKey,
} from '../api/control-plane-names.ts';
import { type CertificateReport, formatReport, reportKey } from '../api/certificate-report.ts';
import {
  formatMeshReport,
  type MeshReport,
  meshReportKey,
  reportedAtKey,
} from '../api/mesh-report.ts';
import type { Issuing } from '../certificates/plan/issuing.ts';
import { spiffeBundle } from '../certificates/spiffe-bundle.ts';
import { isMember } from '../cluster/mesh-membership.ts';
import { timestamp } from '../common/timestamp.ts';
import { bootstrapFileNames, bootstrapFiles } from '../envoy/bootstrap.ts';
import { controlPlanePath } from '../policy/identity.ts';
import { BootstrapPublisher } from './bootstrap-publisher.ts';
import { ConfigMapPublisher, type ConfigMapPublisherDeps } from './config-map-publisher.ts';
import type { ControlPlaneContext } from './context.ts';
import { homeOwners } from './home.ts';
import type { MeshConfigInForce } from './mesh-config-in-force.ts';
import { controlPlaneHost } from './options.ts';
import { followAddresses } from './own-service.ts';
import type { Watches } from './watches.ts';

/** A ConfigMap is written again no sooner than this many milliseconds after the last time. */
const trustMinIntervalMs = 100;
const proxiesMinIntervalMs = 500;
const reportMinIntervalMs = 250;
/** Reports also depend on the time. */
const reportPollIntervalMs = 5_000;
const beatMs = 30_000;

export interface BootstrapDeps {
  readonly watches: Watches;
  readonly meshConfig: MeshConfigInForce;
  readonly issuing: Issuing;
}

/** Publishes the ConfigMap that sidecars start from, in every namespace of the mesh. */
export function bootstrapPublisher(
  { client, clock, logger, options }: ControlPlaneContext,
  { watches, meshConfig, issuing }: BootstrapDeps,
): BootstrapPublisher {
  const { Service, Namespace } = watches.cluster;
  const addresses = followAddresses(Service, options.namespace);
  const files = (trust: string): Readonly<Record<string, string>> => ({
    ...bootstrapFiles({
      controlPlane: controlPlaneHost(options),
      controlPlanePath: controlPlanePath(options.namespace),
      addresses: addresses(),
      port: options.ports.xds,
      ipv6: meshConfig.settings.ipv6,
    }),
    [bootstrapFileNames.trust]: trust,
  });
  return new BootstrapPublisher({
    ...{ client, clock, logger },
    meshName: () => meshConfig.membership.meshName,
    owners: () => homeOwners(Namespace, options.namespace),
    namespaces: () => {
      const { membership } = meshConfig;
      return [...Namespace.objects.values()].filter((one) => isMember(one, membership));
    },
    existing: () => [...watches.bootstraps.objects.values()],
    files: () => {
      const trust = issuing.trust.value?.bundle.pem;
      return trust === undefined ? undefined : files(trust);
    },
  });
}

/** Publishes the trust bundle, for the operator to put into the webhook configurations. */
export function trustPublisher(
  context: ControlPlaneContext,
  { issuers }: Issuing,
): ConfigMapPublisher {
  return publisher(context, {
    name: caBundleConfigMap,
    minIntervalMs: trustMinIntervalMs,
    data: () => {
      const [bundle, plan] = [issuers.bundle(), issuers.plan];
      if (bundle === undefined || plan === undefined) return undefined;
      const spiffe = spiffeBundle(bundle, plan.trustedStep);
      return { [caBundleKey]: bundle.pem, [spiffeBundleKey]: spiffe };
    },
  });
}

/**
 * Publishes the state of the pods of the mesh, for the status of the MeshConfig. The time in it shows that the leader
 * is alive: while nothing changes, the report is the same.
 */
export function meshPublisher(
  context: ControlPlaneContext,
  report: () => MeshReport | undefined,
): ConfigMapPublisher {
  return publisher(context, {
    name: proxiesConfigMap,
    minIntervalMs: proxiesMinIntervalMs,
    pollIntervalMs: reportPollIntervalMs,
    data: () => {
      const now = report();
      if (now === undefined) return undefined;
      const reportedAt = timestamp(Math.floor(context.clock.now() / beatMs) * beatMs);
      return { [meshReportKey]: formatMeshReport(now), [reportedAtKey]: reportedAt };
    },
  });
}

/** Publishes which proxies follow the certificate plan, for the operator to decide the next step. */
export function certificatePublisher(
  context: ControlPlaneContext,
  report: () => CertificateReport | undefined,
): ConfigMapPublisher {
  return publisher(context, {
    name: certificatesConfigMap,
    minIntervalMs: reportMinIntervalMs,
    pollIntervalMs: reportPollIntervalMs,
    data: () => {
      const now = report();
      return now === undefined ? undefined : { [reportKey]: formatReport(now) };
    },
  });
}

function publisher(
  { client, clock, logger, options }: ControlPlaneContext,
  of: Pick<ConfigMapPublisherDeps, 'name' | 'minIntervalMs' | 'data' | 'pollIntervalMs'>,
): ConfigMapPublisher {
  return new ConfigMapPublisher({
    ...{ client, clock, logger, namespace: options.namespace },
    ...of,
  });
}

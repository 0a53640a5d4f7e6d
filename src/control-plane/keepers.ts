import type { Namespace } from '../api/core.ts';
import {
  caBundleConfigMap,
  caBundleKey,
  certificatesConfigMap,
  proxiesConfigMap,
  spiffeBundleKey,
} from '../api/control-plane-names.ts';
import { formatReport, reportKey, type CertificateReport } from '../api/certificate-report.ts';
import { formatMeshReport, meshReportKey, reportedAtKey } from '../api/mesh-report.ts';
import { isMember } from '../cluster/mesh-membership.ts';
import { spiffeBundle } from '../certificates/spiffe-bundle.ts';
import { systemClock as clock } from '../common/clock.ts';
import { timestamp } from '../common/timestamp.ts';
import { bootstrapFileNames, bootstrapFiles } from '../envoy/bootstrap.ts';
import { controlPlanePath } from '../policy/identity.ts';
import { BootstrapKeeper } from './bootstrap-keeper.ts';
import { ConfigMapKeeper, type ConfigMapKeeperDeps } from './config-map-keeper.ts';
import { homeOwners } from './home.ts';
import type { Issuing } from '../certificates/plan/issuing.ts';
import { controlPlaneHost } from './options.ts';
import { followAddresses } from './own-service.ts';
import type { Ground } from './ground.ts';
import type { Survey } from './survey.ts';

/** What the leader keeps in the cluster. */
export interface Keepers {
  /** The ConfigMap that sidecars start from, in every namespace of the mesh. */
  readonly bootstraps: BootstrapKeeper;
  /** The trust bundle, for the operator to put into the webhook configurations. */
  readonly trust: ConfigMapKeeper;
  /** The state of the pods of the mesh, for the status of the MeshConfig. */
  readonly proxies: ConfigMapKeeper;
  /** Which proxies follow the certificate plan, for the operator to decide the next step. */
  readonly certificates: ConfigMapKeeper;
}

/** A ConfigMap is written again no sooner than this many milliseconds after the last time. */
const trustEveryMs = 100;
const proxiesEveryMs = 500;
const reportEveryMs = 250;
const reportLookMs = 5_000;
const beatMs = 30_000;

type Data = Readonly<Record<string, string>> | undefined;

function keepBootstraps(
  ground: Ground,
  pem: () => string | undefined,
  onHeld: () => void,
): BootstrapKeeper {
  const { client, logger, options, sources, membership, settings } = ground;
  const addresses = followAddresses(sources.cluster.Service, options.namespace);
  const { ipv6 } = settings();
  const files = (): Readonly<Record<string, string>> =>
    bootstrapFiles({
      controlPlane: controlPlaneHost(options),
      controlPlanePath: controlPlanePath(options.namespace),
      addresses: addresses(),
      port: options.ports.xds,
      ipv6,
    });
  return new BootstrapKeeper({
    client,
    clock,
    logger,
    meshName: () => membership.meshName,
    owners: () => homeOwners(ground),
    namespaces: () => {
      const all = [...sources.cluster.Namespace.objects.values()] as Namespace[];
      return all.filter((namespace) => isMember(namespace, membership));
    },
    existing: () => [...sources.bootstraps.objects.values()],
    onHeld,
    files: () => {
      const trust = pem();
      return trust === undefined ? undefined : { ...files(), [bootstrapFileNames.trust]: trust };
    },
  });
}

/** The time shows that the leader is alive: while nothing changes, the report is the same. */
function meshData(survey: Survey): Data {
  const report = survey.report();
  if (report === undefined) return undefined;
  const reportedAt = timestamp(Math.floor(clock.now() / beatMs) * beatMs);
  return { [meshReportKey]: formatMeshReport(report), [reportedAtKey]: reportedAt };
}

interface KeeperParts {
  readonly ground: Ground;
  readonly issuing: Issuing;
  readonly survey: Survey;
  /** Undefined while there is nothing to report. */
  readonly report: () => CertificateReport | undefined;
}

export function makeKeepers(parts: KeeperParts): Keepers {
  const { ground, issuing, survey } = parts;
  const { client, logger, options } = ground;
  const pem = (): string | undefined => issuing.issuers.bundle()?.pem;
  const keep = (
    name: string,
    everyMs: number,
    more: Pick<ConfigMapKeeperDeps, 'data' | 'lookMs'>,
  ): ConfigMapKeeper =>
    new ConfigMapKeeper({
      client,
      clock,
      logger,
      namespace: options.namespace,
      name,
      everyMs,
      ...more,
    });
  const certificates = keep(certificatesConfigMap, reportEveryMs, {
    lookMs: reportLookMs,
    data: () => {
      const report = parts.report();
      return report === undefined ? undefined : { [reportKey]: formatReport(report) };
    },
  });
  return {
    bootstraps: keepBootstraps(ground, pem, () => certificates.trigger()),
    trust: keep(caBundleConfigMap, trustEveryMs, { data: () => trustData(issuing) }),
    proxies: keep(proxiesConfigMap, proxiesEveryMs, {
      lookMs: reportLookMs,
      data: () => meshData(survey),
    }),
    certificates,
  };
}

function trustData({ issuers }: Issuing): Data {
  const [bundle, plan] = [issuers.bundle(), issuers.plan];
  if (bundle === undefined || plan === undefined) return undefined;
  return { [caBundleKey]: bundle.pem, [spiffeBundleKey]: spiffeBundle(bundle, plan.trustedStep) };
}

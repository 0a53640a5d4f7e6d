import { certificatesConfigMap } from '../api/control-plane-names.ts';
import { reportKey } from '../api/certificate-report.ts';
import type { ConfigMap } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import { parseReport } from '../api/parse-report.ts';
import {
  GatewayController,
  type WantedGateway,
} from '../certificates/gateway/gateway-controller.ts';
import type { GatewayFacts } from '../certificates/gateway/gateway-ledger.ts';
import { holdsRoot } from '../certificates/gateway/root-secrets.ts';
import { type Issuing, validityIn } from '../certificates/plan/issuing.ts';
import type { OpenIssuer } from '../certificates/plan/open-roots.ts';
import { probeRoot } from '../certificates/plan/probe-root.ts';
import { Prober } from '../certificates/plan/prober.ts';
import type { ControlPlaneContext } from './context.ts';
import { homeOwners } from './home.ts';
import type { MeshConfigInForce } from './mesh-config-in-force.ts';
import type { Watches } from './watches.ts';

export interface RootControllerDeps {
  readonly watches: Watches;
  readonly meshConfig: MeshConfigInForce;
  readonly issuing: Issuing;
}

/** Probes the candidate root of the plan. */
export function createProber(
  { clock, random, logger, options }: ControlPlaneContext,
  { meshConfig, issuing }: Omit<RootControllerDeps, 'watches'>,
  open: OpenIssuer,
): Prober {
  const { namespace } = options;
  return new Prober({
    open,
    probe: (issuer, { root }, signal) =>
      probeRoot(
        issuer,
        { root, namespace, validityMs: validityIn(meshConfig.value), clock },
        signal,
      ),
    candidate: () => issuing.issuers.plan?.candidate,
    clock,
    random,
    logger: logger.with({ part: 'prober' }),
  });
}

/** Keeps the certificate of the ingress gateway. */
export function createGatewayController(
  { client, clock, random, logger, options }: ControlPlaneContext,
  { watches, meshConfig, issuing }: RootControllerDeps,
): GatewayController {
  const home = options.namespace;
  return new GatewayController({
    ...{ client, home, clock, random },
    logger: logger.with({ part: 'gateway' }),
    issuers: issuing.issuers,
    owners: () => homeOwners(watches.cluster.Namespace, home),
    holdsRoot: (place) => holdsRoot(place, watches.rootRecords.objects.values()),
    wish: () => gatewayWish(meshConfig),
    before: async (signal): Promise<GatewayFacts | undefined> => {
      const ref = { kind: kinds.configMap, namespace: home, name: certificatesConfigMap };
      const found = await client.get<ConfigMap>(ref, signal);
      return parseReport(found?.data?.[reportKey]);
    },
  });
}

function gatewayWish({ ending, value: spec }: MeshConfigInForce): WantedGateway | undefined {
  if (ending) return { gateway: undefined, ending: true };
  return spec && { gateway: spec.certificate?.ingressGateway, ending: false };
}

import { defaultTrustDomain } from '../../api/root-of.ts';
import { type IssuingPlan, type NamedRoot, rootOfSigner } from '../issuing-plan.ts';
import { createLeafStore, type LeafStore } from '../leaves/leaf-store.ts';
import { PlannedIssuers } from './planned-issuers.ts';
import { createServerCertificate, type ServerCertificate } from '../leaves/server-certificate.ts';
import { signsLeafByLeaf } from './open-issuer.ts';
import { SharedIssuer, type LeafPeers } from '../sharing/shared-issuer.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { leafValidity } from '../leaves/validity.ts';
import { keyKindOf, type KeyKind } from '../x509/key-pair.ts';
import type { OpenIssuer } from './open-roots.ts';
import type { MeshConfig } from '../../api/gen/mesh-config.ts';
import { type Component, component } from '../../common/component.ts';
import type { Clock } from '../../common/clock.ts';
import type { Logger } from '../../common/logger.ts';
import type { Random } from '../../kubernetes/back-off.ts';

export interface IssuingDeps {
  readonly open: OpenIssuer;
  readonly peers: LeafPeers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly spec: () => MeshConfig['spec'] | undefined;
  /** Of the control plane. */
  readonly namespace: string;
  readonly serverNames: () => readonly string[];
}

/** Where this process' certificates come from. */
export interface Issuing {
  readonly issuers: PlannedIssuers;
  readonly leaves: LeafStore;
  /** Where the leaves come from, for this replica and for others that ask. */
  readonly shared: SharedIssuer;
  readonly server: ServerCertificate;
  /** Does as the plan says from now on. */
  readonly follow: (plan: IssuingPlan) => void;
  /** Forgets the leaves of all other accounts. */
  readonly retain: (accounts: ReadonlySet<IdentityKey>) => void;
  /** The plan's serverStep, if the plan's server signer signed the certificate in use. */
  readonly serverStep: () => number | undefined;
  readonly components: readonly Component[];
}

/** The kind of key that leaves under a root have. */
export function keyKindUnder(root: NamedRoot | undefined): KeyKind {
  return root === undefined ? 'P-256' : keyKindOf(root.root.key);
}

/** How long leaves are to live, in ms, by the MeshConfig. */
export function validityIn(spec: MeshConfig['spec'] | undefined): number {
  return leafValidity(spec?.certificate?.serviceCertValidityDuration).validityMs;
}

/** The certificate of this replica's own servers. */
function serverOf(issuers: PlannedIssuers, deps: IssuingDeps): ServerCertificate {
  const { clock, random, log: logger } = deps;
  return createServerCertificate({
    issuer: issuers.servers,
    ...{ clock, random, logger },
    subject: () => ({
      kind: 'server',
      trustDomain: issuers.plan?.serverSigner.root.trustDomain ?? defaultTrustDomain,
      namespace: deps.namespace,
      dnsNames: deps.serverNames(),
    }),
    keyKind: () => keyKindUnder(issuers.plan?.serverSigner),
  });
}

/** The issuers of the plan, the workloads' leaves, and the server's own certificate. */
export function createIssuing(deps: IssuingDeps): Issuing {
  const { clock, random, log: logger } = deps;
  const life = { clock, random, logger };
  const issuers = new PlannedIssuers(deps.open, logger);
  const shared = new SharedIssuer({
    issuer: issuers.workloads,
    shares: () => issuers.plan !== undefined && signsLeafByLeaf(issuers.plan.signer.root),
    peers: deps.peers,
    clock,
    logger,
  });
  const leaves = createLeafStore({
    issuer: shared,
    ...life,
    trustDomain: () => issuers.plan?.signer.root.trustDomain ?? defaultTrustDomain,
    validity: () => validityIn(deps.spec()),
    keyKind: () => keyKindUnder(issuers.plan?.signer),
  });
  const server = serverOf(issuers, deps);
  return {
    issuers,
    leaves,
    shared,
    server,
    follow: (plan) => {
      issuers.follow(plan);
      leaves.review();
    },
    retain: (accounts) => {
      leaves.retain(accounts);
      shared.retain(accounts);
    },
    serverStep: () => {
      const [plan, current] = [issuers.plan, server.current()];
      if (plan === undefined || current === undefined) return undefined;
      return rootOfSigner(current.signer) === plan.serverSigner.name ? plan.serverStep : undefined;
    },
    components: [
      component('issuers', (signal) => issuers.run(signal)),
      component('leaves', (signal) => leaves.run(signal)),
      component('server-certificate', (signal) => server.run(signal)),
    ],
  };
}

import { defaultTrustDomain } from '../../api/root-of.ts';
import { type IssuingPlan, type NamedRoot, rootOfSigner } from '../issuing-plan.ts';
import { createLeafStore, type LeafStore } from '../leaves/leaf-store.ts';
import { PlannedIssuers } from './planned-issuers.ts';
import {
  createServerCertificate,
  type ServerCertificate,
  type ServerIdentity,
} from '../leaves/server-certificate.ts';
import { signsLeafByLeaf } from './open-issuer.ts';
import { SharedIssuer, type LeafPeers } from '../sharing/shared-issuer.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { leafValidity } from '../leaves/validity.ts';
import { keyKindOf, type KeyKind } from '../../x509/key-pair.ts';
import type { MeshTrust } from './mesh-trust.ts';
import type { OpenIssuer } from './open-roots.ts';
import type { MeshConfig } from '../../api/gen/mesh-config.ts';
import { type Component, component, whileFollowing } from '../../common/component.ts';
import { anyOf, type Changing, type Followed, topicOf } from '../../common/topic.ts';
import type { Clock } from '../../common/clock.ts';
import type { Logger } from '../../common/logger.ts';
import type { Random } from '../../kubernetes/back-off.ts';

export interface IssuingDeps {
  readonly open: OpenIssuer;
  /** The plan to follow. */
  readonly plan: Followed<IssuingPlan | undefined>;
  /** Asks the other replicas for leaves; `trust` verifies them. */
  readonly peers: (trust: () => MeshTrust | undefined) => LeafPeers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly spec: Followed<MeshConfig['spec'] | undefined>;
  /** Of the control plane. */
  readonly namespace: string;
  readonly serverNames: () => readonly string[];
}

/** The source of this process's certificates. */
export interface Issuing {
  readonly issuers: PlannedIssuers;
  readonly leaves: LeafStore;
  /** The issuer of leaves, for this replica and for requests of other replicas. */
  readonly shared: SharedIssuer;
  readonly server: ServerCertificate;
  /** The roots that every proxy should trust. */
  readonly trust: Followed<MeshTrust | undefined>;
  /** The certificate that the control plane's own servers present. */
  readonly identity: Followed<ServerIdentity | undefined>;
  /** Changes of leaves and of the signer. */
  readonly secretChanges: Changing;
  /** Forgets the leaves of all other accounts. */
  readonly retain: (accounts: ReadonlySet<IdentityKey>) => void;
  /** The plan's serverStep, if the plan's server signer signed the certificate in use. */
  readonly serverStep: () => number | undefined;
  readonly parts: readonly Component[];
}

/** The kind of key that leaves under a root have. */
export function keyKindUnder(root: NamedRoot | undefined): KeyKind {
  return root === undefined ? 'P-256' : keyKindOf(root.root.key);
}

/** The validity of leaves, in ms, from the MeshConfig. */
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
    peers: deps.peers(() => issuers.trust()),
    clock,
    logger,
  });
  const leaves = createLeafStore({
    issuer: shared,
    ...life,
    trustDomain: () => issuers.plan?.signer.root.trustDomain ?? defaultTrustDomain,
    validity: () => validityIn(deps.spec.value),
    keyKind: () => keyKindUnder(issuers.plan?.signer),
  });
  const server = serverOf(issuers, deps);
  return {
    issuers,
    leaves,
    shared,
    server,
    trust: topicOf(
      () => issuers.trust(),
      (changed) => issuers.workloads.onChange(changed),
    ),
    identity: server,
    secretChanges: anyOf(
      { follow: (changed) => leaves.onChange(changed) },
      { follow: (changed) => issuers.workloads.onChange(changed) },
    ),
    retain: (accounts) => {
      leaves.retain(accounts);
      shared.retain(accounts);
    },
    serverStep: () => {
      const [plan, current] = [issuers.plan, server.value];
      if (plan === undefined || current === undefined) return undefined;
      return rootOfSigner(current.signer) === plan.serverSigner.name ? plan.serverStep : undefined;
    },
    parts: partsOf(deps, { issuers, leaves, server }),
  };
}

function partsOf(
  { plan, spec }: IssuingDeps,
  { issuers, leaves, server }: Pick<Issuing, 'issuers' | 'leaves' | 'server'>,
): readonly Component[] {
  const followPlan = (): void => {
    if (plan.value === undefined) return;
    issuers.follow(plan.value);
    leaves.review();
  };
  return [
    // Reads the plan; publishes the trusted roots.
    component('issuers', (signal) => {
      followPlan();
      return whileFollowing([[plan, followPlan]], () => issuers.run(signal));
    }),
    // Reads the plan and the lifetime in the MeshConfig; publishes the leaves of workloads.
    component('leaves', (signal) =>
      whileFollowing([[spec, () => leaves.review()]], () => leaves.run(signal)),
    ),
    // Reads the plan; publishes the certificate of this replica's servers.
    {
      ...component('server-certificate', (signal) => server.run(signal)),
      problem: () => (server.value === undefined ? 'no serving certificate yet' : undefined),
    },
  ];
}

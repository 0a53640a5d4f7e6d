import type { Authority, Issuer } from '../../../src/certificates/issuer.ts';
import { signerId } from '../../../src/certificates/issuing-plan.ts';
import {
  decodeAnswer,
  decodeLeafRequest,
  encodeAnswer,
  encodeLeafRequest,
} from '../../../src/certificates/sharing/shared-leaf-request.ts';
import { SharedIssuer } from '../../../src/certificates/sharing/shared-issuer.ts';
import type { Clock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { FakeIssuer } from './fake-issuer.ts';

/** A replica of a control plane in memory. */
export interface SharingReplica {
  readonly name: string;
  readonly shared: SharedIssuer;
  /** Whether it answers, what it signs with, and whether that signs leaf by leaf: to be changed. */
  alive: boolean;
  issuer: FakeIssuer;
  shares: boolean;
  /** The replicas that it was asked by, in order; with `held`, for what it has only. */
  readonly asked: string[];
}

/** Replicas that share leaves, each asking the issuer given to it; they talk over the wire's own words. */
export function shareBetween(
  issuers: Readonly<Record<string, FakeIssuer>>,
  clock: Clock,
): ReadonlyMap<string, SharingReplica> {
  const replicas = new Map<string, SharingReplica>();
  for (const [name, issuer] of Object.entries(issuers)) {
    const silent = new Set<string>();
    const peers = {
      own: name,
      others: () => [...replicas.keys()].filter((one) => one !== name && !silent.has(one)),
      request: async (
        other: string,
        ask: Parameters<SharedIssuer['answer']>[0],
        signal: AbortSignal,
      ) => {
        const replica = replicas.get(other);
        if (replica?.alive !== true) {
          silent.add(other);
          return undefined;
        }
        replica.asked.push(ask.heldOnly ? `${name} held` : name);
        const leaf = await replica.shared.answer(decodeLeafRequest(encodeLeafRequest(ask)), signal);
        return { leaf: decodeAnswer(encodeAnswer(leaf)) };
      },
    };
    const replica: SharingReplica = {
      ...{ name, issuer, alive: true, shares: true, asked: [] },
      shared: new SharedIssuer({
        issuer: asPlanned(() => replica.issuer),
        shares: () => replica.shares,
        ...{ peers, clock, logger: silentLogger },
      }),
    };
    replicas.set(name, replica);
  }
  return replicas;
}

/** As issuers of a plan are: the signer names its root. */
function asPlanned(issuer: () => FakeIssuer): Issuer {
  return {
    issue: async (request, signal) => {
      const leaf = await issuer().issue(request, signal);
      return { ...leaf, signer: signerId('root', leaf.signer) };
    },
    authority: (): Authority | undefined => {
      const known = issuer().authority();
      return known && { ...known, signer: signerId('root', known.signer) };
    },
    onChange: (callback) => issuer().onChange(callback),
    lastFailure: () => issuer().lastFailure(),
  };
}

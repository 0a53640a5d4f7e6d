import { systemClock as clock } from '../common/clock.ts';
import type { CertificateDoubts, RefusedClients } from './certificate-doubts.ts';
import type { Ground } from './ground.ts';
import type { ReplicaFacts } from './replica-facts.ts';
import { replicaName } from './replicas.ts';
import type { Issuing } from '../certificates/plan/issuing.ts';

/** Doubts about the certificate of this replica: refusals by its clients, and its own checks. */
interface Doubted {
  readonly refused: RefusedClients;
  readonly doubts: CertificateDoubts;
}

/** What this replica says of itself to the leader. */
export function factsNow(
  { options }: Ground,
  { issuers, leaves, server }: Issuing,
  { refused, doubts }: Doubted,
): ReplicaFacts {
  const { earliestExpiry, failure } = leaves.health();
  const identity = server.current();
  const doubt =
    identity &&
    doubts.of(
      {
        certChainPem: identity.certChainPem,
        trust: issuers.bundle()?.pem ?? identity.caPem,
        failure: server.health().failure?.message,
      },
      clock.now(),
    );
  return {
    replica: replicaName(options),
    ...leaves.keys(),
    ...(earliestExpiry === undefined ? {} : { earliestExpiry }),
    ...(failure === undefined ? {} : { failure }),
    ...(doubt === undefined ? {} : { certificate: doubt }),
    refused: refused.current(),
  };
}

import type { MeshReport } from '../api/mesh-report.ts';
import type { ResourceSet } from '../xds/resources/resource.ts';
import { type AbsentProxy, countAbsent } from '../xds/evidence/count-absent.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { MeshEvidence } from './peer-evidence.ts';
import type { PolicyEvidence } from '../status/policy-statuses.ts';
import { decodeFacts, type ReplicaFacts } from './replica-facts.ts';
import type { PodLedger } from '../pods/ledger.ts';
import type { AbsentPod, PodsLook } from '../pods/look.ts';
import type { Followed } from '../common/topic.ts';
import { meshReportOf } from './mesh-report-of.ts';

export interface SurveyDeps {
  readonly ledger: PodLedger;
  readonly evidence: Followed<MeshEvidence>;
  /** The resources that the proxy of that pod would be offered; undefined while the pod is not in the model. */
  readonly wouldOffer: (uid: string) => ResourceSet | undefined;
  /** Undefined before the mesh was compiled. */
  readonly diagnostics: () => readonly Diagnostic[] | undefined;
}

/** Matches the pods that exist with the proxies that are connected. */
export class MeshSurvey {
  readonly #deps: SurveyDeps;

  constructor(deps: SurveyDeps) {
    this.#deps = deps;
  }

  /** The report; undefined while the counts are settling: the last report stands until then. */
  report(): MeshReport | undefined {
    const evidence = this.#deps.evidence.value;
    const diagnostics = this.#deps.diagnostics();
    if (evidence.settling || isJustSilent(evidence) || diagnostics === undefined) return undefined;
    const { unreachable } = evidence;
    const replicas = replicasIn(evidence);
    const pods = this.#countPods(evidence, replicas);
    return meshReportOf({ pods, unreachable, replicas, diagnostics });
  }

  /** The evidence for the statuses of policies; undefined while the counts are settling. */
  policies(): PolicyEvidence | undefined {
    const evidence = this.#deps.evidence.value;
    if (evidence.settling) return undefined;
    const { absent } = this.#countPods(evidence, replicasIn(evidence));
    const proxies = absent.flatMap((one) => this.#proxyOf(one) ?? []);
    return {
      complete: evidence.complete,
      settling: isJustSilent(evidence),
      get: countAbsent(evidence.objects, proxies),
    };
  }

  #countPods(evidence: MeshEvidence, replicas: readonly ReplicaFacts[]): PodsLook {
    const alerts = new Map(replicas.flatMap(({ refused }) => refused));
    return this.#deps.ledger.look({ evidence, alerts });
  }

  #proxyOf({ pod, starting }: AbsentPod): AbsentProxy | undefined {
    const { uid = '', namespace = '', name } = pod.metadata;
    const set = this.#deps.wouldOffer(uid);
    return set && { pod: `${namespace}/${name}`, starting, set };
  }
}

/** Whether a replica is silent, but not long enough to be named unreachable. */
function isJustSilent({ complete, unreachable }: MeshEvidence): boolean {
  return !complete && unreachable.length === 0;
}

function replicasIn({ facts }: MeshEvidence): readonly ReplicaFacts[] {
  return facts.flatMap((text) => decodeFacts(text) ?? []);
}

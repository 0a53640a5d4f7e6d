// Input: the workloads of successive models, and the time. Output: the same, except that a pod serves a Service that no
// longer leads to it for a few seconds more. Rule: access rules still have their effect at once (docs/decisions/0118).
import type { ServiceKey } from './service.ts';
import type { ServedPort, Workload } from './workload.ts';

/** Longer than it takes until all callers, and kube-proxy, know the new endpoints of a Service. */
const lingerMs = 5_000;

type Workloads = ReadonlyMap<string, Workload>;

/** One service that led to one port of a pod and does not any more. */
interface Left extends Pick<ServedPort, 'targetPort' | 'protocol'> {
  readonly service: ServiceKey;
  readonly until: number;
}

/**
 * When a Service selects other pods, callers may learn of it a moment later than the old pods' sidecars: the
 * EndpointSlices follow the Service, and each proxy gets its update in its turn. Calls to the old pods in that moment
 * would fail.
 */
export class Lingering {
  #given: Workloads = new Map();
  #result: Workloads = new Map();
  #left: ReadonlyMap<string, readonly Left[]> = new Map();

  /** When the result changes without a change of the workloads, ms since the epoch; undefined: never. */
  get next(): number | undefined {
    const times = [...this.#left.values()].flatMap((all) => all.map(({ until }) => until));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** The very same map, and the very same workloads in it, where nothing changes. */
  workloads(given: Workloads, now: number): Workloads {
    if (given === this.#given && (this.next ?? Infinity) > now) return this.#result;
    const left = new Map<string, readonly Left[]>();
    for (const [uid, workload] of given) {
      const still = this.#stillLeft(uid, workload, now);
      if (still.length > 0) left.set(uid, still);
    }
    if (left.size === 0) this.#result = given;
    else
      this.#result = new Map([...given].map(([uid, one]) => [uid, this.#with(one, left.get(uid))]));
    this.#given = given;
    this.#left = left;
    return this.#result;
  }

  #stillLeft(uid: string, workload: Workload, now: number): readonly Left[] {
    const before = this.#given.get(uid);
    const earlier = this.#left.get(uid);
    if (before === workload && earlier === undefined) return none;
    const still = leftBy(workload, { before, earlier, now });
    return before === workload && still.length === earlier?.length ? earlier : still;
  }

  #with(workload: Workload, left: readonly Left[] | undefined): Workload {
    if (left === undefined) return workload;
    const { uid } = workload;
    const same = this.#given.get(uid) === workload && this.#left.get(uid) === left;
    return (same ? this.#result.get(uid) : undefined) ?? withLeft(workload, left);
  }
}

const none: readonly Left[] = [];

function leftBy(
  workload: Workload,
  of: { before: Workload | undefined; earlier: readonly Left[] | undefined; now: number },
): readonly Left[] {
  const { before, earlier = [], now } = of;
  const key = ({ service, targetPort }: Pick<Left, 'service' | 'targetPort'>): string =>
    `${service} ${targetPort}`;
  const served = new Set(pairs(workload, 0).map(key));
  // Another protocol at the same port replaces what the same Service said before, so the old one ends at once.
  const gone = before === undefined ? [] : pairs(before, now + lingerMs);
  // A clock that was set back must not make it longer.
  const lasts = ({ until }: Left): boolean => until > now && until <= now + lingerMs;
  return [...earlier.filter(lasts), ...gone].filter((pair) => !served.has(key(pair)));
}

function pairs({ served }: Workload, until: number): readonly Left[] {
  return served.flatMap(({ targetPort, protocol, services }) =>
    services.map((service) => ({ targetPort, protocol, service, until })),
  );
}

function withLeft(workload: Workload, left: readonly Left[]): Workload {
  const ports = new Map<string, ServedPort>();
  for (const { targetPort, protocol, services } of [...workload.served, ...left.map(asServed)]) {
    const key = `${String(targetPort).padStart(5, '0')} ${protocol}`;
    const known = ports.get(key)?.services ?? [];
    const all = [...new Set([...known, ...services])].sort();
    ports.set(key, { targetPort, protocol, services: all });
  }
  const served = [...ports].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, port]) => port);
  return Object.freeze({ ...workload, served });
}

function asServed({ targetPort, protocol, service }: Left): ServedPort {
  return { targetPort, protocol, services: [service] };
}

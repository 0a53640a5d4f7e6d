import type { CertificatePlan } from '../../../src/api/certificate-plan.ts';
import type { CertificateReport } from '../../../src/api/certificate-report.ts';
import type { SwitchFacts } from '../../../src/rotation/evidence.ts';
import { type Decision, nextPlan, type Rotation } from '../../../src/rotation/next-plan.ts';
import { leaderReport } from './leader-report.ts';
import { cut, type ReplicaModel, type SidecarModel, startSidecar } from './sidecar-model.ts';
import { faultBetween, faultOfEnd, faultOfStep, faultOfWebhooks } from './trust-promises.ts';

/** What happens in a round but for a replica that does not follow, and one thing, of one proxy's or of all. */
export interface Bustle {
  readonly replica: number | undefined;
  readonly proxy: number;
  readonly lacks: 'trust' | 'leaf' | 'stream' | 'bootstraps' | 'webhooks';
  readonly ms: number;
}

const things = ['leaf', 'trust'] as const;
const propagationMs = 100_000;
const setAsideAfterMs = 600_000;

/**
 * A mesh in the small: two replicas that follow the plan late, sidecars that take what they are offered
 * in any order, freeze and reconnect, kubelets that bring files late, a leader that reports, and the
 * operator's decision in its status. Everything that may happen is a method; `violation` says what
 * must never be.
 */
export class MeshOfRoots {
  readonly roots = ['a', 'b', 'c'] as const;
  readonly replicas: ReplicaModel[];
  readonly broken = new Set<string>();
  readonly setAside = new Set<string>();
  proxies: SidecarModel[] = [];
  plan: CertificatePlan = {
    step: 1,
    signer: 'a',
    signerStep: 1,
    serverSigner: 'a',
    serverStep: 1,
    trusted: ['a'],
    trustedStep: 1,
  };
  rotation: Rotation | undefined;
  target = 'a';
  keep: readonly string[] = [];
  violation: string | undefined;
  readonly #pinned = new Set(['a']);
  /** Set aside, and for long enough that a switch may go on without them. */
  readonly #excused = new Set<string>();
  #now = 0;
  #report: CertificateReport | undefined;
  #webhooks: readonly string[] = ['a'];
  #bootstraps = [{ step: 1, since: 0, trusted: ['a'] as readonly string[] }];
  #started = 0;

  constructor() {
    this.replicas = [{ plan: this.plan }, { plan: this.plan }];
  }

  /** The operator looks, and takes one step at most. */
  operate(): void {
    this.#excuse();
    const { plan, rotation } = this.#decide();
    const sidecars = this.#meant;
    this.#recordFault(faultOfStep(this.plan, plan, { sidecars, pinned: this.#pinned }));
    if (rotation === undefined && this.rotation?.phase === 'DropOld') {
      this.#recordFault(faultOfEnd(this.plan.trusted, sidecars));
    }
    this.plan = plan;
    this.rotation = rotation;
  }

  /** The operator writes down roots that passed their probe. */
  pin(): void {
    for (const [name, root] of Object.entries(this.#report?.roots ?? {})) {
      if (root.ready) this.#pinned.add(name);
    }
  }

  updateWebhooks(): void {
    this.#webhooks = this.plan.trusted;
  }

  follow(index: number): void {
    const replica = this.#replica(index);
    replica.plan = this.plan;
  }

  restart(index: number): void {
    for (const proxy of this.proxies) if (proxy.replica === this.#replica(index)) cut(proxy);
    this.follow(index);
  }

  start(): void {
    if (this.proxies.length >= 5) return;
    this.proxies.push(startSidecar(`shop/p${this.#started++}`, this.#fileOfKubelet()));
  }

  end(index: number): void {
    this.proxies = this.proxies.filter((proxy) => proxy !== this.#proxy(index));
  }

  freeze(index: number): void {
    const proxy = this.#proxy(index);
    if (proxy !== undefined) proxy.frozen = true;
  }

  thaw(index: number): void {
    const proxy = this.#proxy(index);
    if (proxy !== undefined) proxy.frozen = false;
  }

  /** A stream is lost; the control plane forgets what was acknowledged on it. */
  lose(index: number): void {
    const proxy = this.#proxy(index);
    if (proxy !== undefined) cut(proxy);
  }

  connect(index: number, to: number): void {
    const proxy = this.#proxy(index);
    if (proxy === undefined || proxy.frozen) return;
    cut(proxy);
    const replica = this.#replica(to);
    const { serverSigner, serverStep } = replica.plan;
    if (!proxy.file.includes(serverSigner)) {
      this.violation = `${proxy.name} refuses the control plane's certificate by ${serverSigner}`;
      return;
    }
    proxy.replica = replica;
    proxy.server = serverSigner;
    proxy.acked.channel = serverStep;
  }

  /** A sidecar takes and acknowledges one of the things it is offered. */
  take(index: number, what: 'trust' | 'leaf'): void {
    const proxy = this.#proxy(index);
    if (proxy?.replica === undefined || proxy.frozen) return;
    const { plan } = proxy.replica;
    if (what === 'leaf') {
      if (this.broken.has(plan.signer)) return;
      proxy.leaf = plan.signer;
      proxy.acked.leaf = plan.signerStep;
    } else {
      proxy.trust = plan.trusted;
      proxy.acked.trust = plan.trustedStep;
    }
    this.#recordFault(faultBetween(this.#meant));
    this.#recordFault(faultOfWebhooks(this.#webhooks, this.replicas));
  }

  writeBootstraps(): void {
    const { trustedStep, trusted } = this.#leader;
    if (this.#bootstrap.step >= trustedStep) return;
    this.#bootstraps.unshift({ step: trustedStep, since: this.#now, trusted });
  }

  /** A kubelet brings the file, in its own time. */
  sync(index: number): void {
    const proxy = this.#proxy(index);
    if (proxy !== undefined) proxy.file = this.#bootstrap.trusted;
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const proxy of this.proxies) {
      if (this.#bootstrap.since + propagationMs <= this.#now) proxy.file = this.#bootstrap.trusted;
    }
  }

  /**
   * The leader reports; `partial` when the other replica does not answer it, not `counted` when it has not counted
   * again for its newest step.
   */
  report({ partial = false, counted = true } = {}): void {
    this.#report = leaderReport({
      setAside: [...this.setAside],
      plan: this.#leader,
      step: Math.min(...this.replicas.map(({ plan }) => plan.step)),
      complete: !partial,
      sidecars: this.proxies.filter(({ replica }) => !partial || replica !== this.replicas[1]),
      broken: this.broken,
      bootstraps: this.#bootstrap,
      before: counted ? undefined : this.#report,
    });
  }

  /** All that ought to happen in the end happens, again and again. */
  settle(rounds: number): void {
    for (let round = 0; round < rounds; round += 1) {
      if (this.violation !== undefined) return;
      for (const index of this.replicas.keys()) this.follow(index);
      this.writeBootstraps();
      this.updateWebhooks();
      for (const [index, proxy] of this.proxies.entries()) {
        if (proxy.acked.channel !== this.plan.serverStep) this.connect(index, index);
        for (const what of things) this.take(index, what);
      }
      this.report();
      this.pin();
      this.pass(120_000);
      this.operate();
    }
  }

  /** One round of it, in some `ms`, in which one thing does not happen. */
  bustle({ replica, proxy, lacks, ms }: Bustle): void {
    for (const index of this.replicas.keys()) if (index !== replica) this.follow(index);
    if (lacks !== 'bootstraps') this.writeBootstraps();
    if (lacks !== 'webhooks') this.updateWebhooks();
    for (const index of this.proxies.keys()) {
      const takes = (what: Bustle['lacks']): boolean => index !== proxy || what !== lacks;
      if (takes('stream')) this.connect(index, replica === undefined ? index : 1 - replica);
      for (const what of things) if (takes(what)) this.take(index, what);
    }
    this.report();
    this.pin();
    this.pass(ms);
    this.operate();
  }

  #decide(): Decision {
    const intent = { target: this.target, keep: this.keep.filter((name) => name !== this.target) };
    return nextPlan({ plan: this.plan, intent, facts: this.#facts, rotation: this.rotation });
  }

  get #facts(): SwitchFacts {
    return {
      now: this.#now,
      report: this.#report,
      pinned: this.#pinned,

      webhooksTrust: this.plan.trusted.every((name) => this.#webhooks.includes(name)),
      gateway: false,
      patience: {
        bundlePropagationMs: propagationMs,
        setAsideAfterMs,
        setAside: [...this.setAside],
      },
    };
  }

  /** Those that a switch may not go on without. */
  get #meant(): readonly SidecarModel[] {
    return this.proxies.filter(({ name }) => !this.#excused.has(name));
  }

  #excuse(): void {
    const { rotation } = this;
    if (rotation === undefined || rotation.since + setAsideAfterMs > this.#now) return;
    for (const name of this.setAside) this.#excused.add(name);
  }

  #recordFault(fault: string | undefined): void {
    this.violation = fault ?? this.violation;
  }

  /** What a pod that starts now finds: a kubelet may be behind by as long as is allowed. */
  #fileOfKubelet(): readonly string[] {
    const [now, before] = this.#bootstraps;
    const isFresh = now !== undefined && now.since + propagationMs > this.#now;
    return ((isFresh ? before : now) ?? this.#bootstrap).trusted;
  }

  get #bootstrap(): { step: number; since: number; trusted: readonly string[] } {
    const [newest] = this.#bootstraps;
    if (newest === undefined) throw new Error('there is always one');
    return newest;
  }

  get #leader(): CertificatePlan {
    return this.#replica(0).plan;
  }

  #replica(index: number): ReplicaModel {
    const replica = this.replicas[index % this.replicas.length];
    if (replica === undefined) throw new Error('there is always one');
    return replica;
  }

  #proxy(index: number): SidecarModel | undefined {
    return this.proxies[index % Math.max(1, this.proxies.length)];
  }
}

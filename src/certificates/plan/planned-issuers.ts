import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { Authority, Issuer, IssuerFailure, Leaf } from '../issuer.ts';
import { signerId, type IssuingPlan, type NamedRoot } from '../issuing-plan.ts';
import { Listeners } from '../../common/listeners.ts';
import { OpenRoots, type OpenIssuer } from './open-roots.ts';
import { meshTrustOf, type MeshTrust, type TrustedDomain } from './mesh-trust.ts';
import type { TrustBundle } from '../trust-bundle.ts';

/** The field of the plan that names the issuer's root. */
type Role = 'signer' | 'serverSigner';

/**
 * Issuers that follow the plan: the signers and the trusted roots change together with it. The bundle is made of the
 * pinned roots, so it needs no reachable issuer.
 */
export class PlannedIssuers {
  /** Signs the leaves of workloads. */
  readonly workloads: Issuer;
  /** Signs the control plane's own certificate. */
  readonly servers: Issuer;
  readonly #roots: OpenRoots;
  readonly #listeners: Listeners<undefined>;
  #plan: IssuingPlan | undefined;
  #trust: { readonly forRoot: readonly TrustedDomain[]; readonly trust: MeshTrust } | undefined;

  constructor(open: OpenIssuer, logger: Logger) {
    this.#roots = new OpenRoots(open, logger);
    this.#listeners = new Listeners(logger);
    this.#roots.onChange(() => this.#listeners.notify(undefined));
    this.workloads = this.#issuerAs('signer');
    this.servers = this.#issuerAs('serverSigner');
  }

  get plan(): IssuingPlan | undefined {
    return this.#plan;
  }

  /** Follows `plan` from now on. The same plan again changes nothing. */
  follow(plan: IssuingPlan): void {
    if (plan === this.#plan) return;
    this.#plan = plan;
    this.#roots.keep([...new Map(inUse(plan).map((root) => [root.name, root])).values()]);
    this.#listeners.notify(undefined);
  }

  /** The issuer behind a root, if it is open. */
  forRoot(name: string): Issuer | undefined {
    return this.#roots.forRoot(name);
  }

  /** The roots that every proxy should trust; undefined while a root of the plan is not known. */
  trust(): MeshTrust | undefined {
    const roots = this.#plan?.trusted ?? [];
    // Called for each proxy at each push. The roots rarely change, so the last result is reused.
    if (this.#trust !== undefined && this.#isOf(roots, this.#trust.forRoot))
      return this.#trust.trust;
    const trusted = roots.flatMap((root) => this.#trustedBy(root));
    if (trusted.length === 0 || trusted.length !== roots.length) return undefined;
    this.#trust = { forRoot: trusted, trust: meshTrustOf(trusted) };
    return this.#trust.trust;
  }

  /** All roots of `trust()`. */
  bundle(): TrustBundle | undefined {
    return this.trust()?.bundle;
  }

  /** Runs the issuers that are open, until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#roots.run(signal);
  }

  #isOf(roots: readonly NamedRoot[], domains: readonly TrustedDomain[]): boolean {
    return (
      roots.length === domains.length &&
      domains.every((domain, at) => {
        const root = roots[at];
        if (root === undefined || root.root.trustDomain !== domain.trustDomain) return false;
        return this.#pemOf(root) === domain.roots;
      })
    );
  }

  #trustedBy(root: NamedRoot): readonly TrustedDomain[] {
    const roots = this.#pemOf(root);
    return roots === undefined ? [] : [{ trustDomain: root.root.trustDomain, roots }];
  }

  #pemOf({ name, pinned }: NamedRoot): string | undefined {
    return pinned ?? this.#roots.forRoot(name)?.authority()?.bundle.pem;
  }

  #issuerAs(role: Role): Issuer {
    const remember = rememberAuthority();
    const inner = (): { root: NamedRoot; issuer: Issuer } | undefined => {
      const root = this.#plan?.[role];
      const issuer = root && this.#roots.forRoot(root.name);
      return root === undefined || issuer === undefined ? undefined : { root, issuer };
    };
    return {
      authority: (): Authority | undefined => {
        const [now, bundle] = [inner(), this.bundle()];
        const authority = now?.issuer.authority();
        if (now === undefined || authority === undefined || bundle === undefined) return undefined;
        return remember(now.root.name, authority, bundle);
      },
      issue: async (request, signal): Promise<Leaf> => {
        const now = inner();
        if (now === undefined)
          throw new WeftError('issuer-unavailable', 'no root is in use yet', { retry: 'soon' });
        const { subject } = request;
        if (subject.kind !== 'gateway' && subject.trustDomain !== now.root.root.trustDomain)
          throw new WeftError('issuer-unavailable', 'another trust domain signs now', {
            retry: 'soon',
          });
        const leaf = await now.issuer.issue(request, signal);
        return { ...leaf, signer: signerId(now.root.name, leaf.signer) };
      },
      onChange: (callback) => this.#listeners.add(callback),
      lastFailure: (): IssuerFailure | undefined => inner()?.issuer.lastFailure(),
    };
  }
}

function inUse({ signer, serverSigner }: IssuingPlan): readonly NamedRoot[] {
  return [signer, serverSigner];
}

/** Returns the same object while nothing in it changed, so that no caller takes it for another authority. */
function rememberAuthority(): (
  root: string,
  authority: Authority,
  bundle: TrustBundle,
) => Authority {
  let last: Authority | undefined;
  return (root, { signer, notAfter }, bundle) => {
    const id = signerId(root, signer);
    if (last?.signer !== id || last.notAfter !== notAfter || last.bundle !== bundle)
      last = { signer: id, notAfter, bundle };
    return last;
  };
}

import type { ObjectMeta, SecretObject } from '../../api/core.ts';
import { kinds } from '../../api/kinds.ts';
import { sentToVault } from '../../api/labels.ts';
import type { RootSpec, VaultRoot } from '../../api/root-spec.ts';
import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { Random } from '../../kubernetes/back-off.ts';
import type { ApiConnection } from '../../kubernetes/connect.ts';
import { reflect, type Reflector } from '../../kubernetes/reflector.ts';
import { withinTime } from '../../kubernetes/time-limit.ts';
import type { RunningIssuer } from '../issuer.ts';
import { parsePinnedRoots, type PinnedRoots } from '../pinned-roots.ts';
import { retryWithShorterValidity } from '../providers/shorten-request.ts';
import { BuiltInIssuer } from '../providers/built-in.ts';
import { CertManagerIssuer } from '../providers/cert-manager.ts';
import { intermediateSource } from '../providers/intermediate.ts';
import { KeptAuthority } from '../providers/kept-authority.ts';
import { LeafByLeafIssuer } from '../providers/leaf-by-leaf.ts';
import type { OutsideIssuer } from '../providers/outside-issuer.ts';
import { Throttle } from '../providers/throttle.ts';
import { vaultIssuer } from '../providers/vault/vault-issuer.ts';
import type { RequestToken } from '../providers/vault/vault-login.ts';
import { keyKindOf } from '../../x509/key-pair.ts';

export interface IssuerDeps {
  readonly api: ApiConnection;
  /**
   * The mesh's namespace. It has the Secrets that a root names, and the Secrets and requests that the issuer creates.
   */
  readonly namespace: string;
  /** The Secret that keeps this root's intermediate, and nothing of another root. */
  readonly intermediateSecret: string;
  /** Put on every Secret and CertificateRequest that is made. */
  readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations' | 'ownerReferences'>;
  /** The allowed addresses of Vault, as https://host:port; empty allows any. */
  readonly vaultAddresses?: readonly string[] | undefined;
  /** For Vault's Kubernetes auth; kubernetes/token-request.ts makes them. */
  readonly requestToken: RequestToken;
  /** PEM. A certificate that does not chain to these roots is refused as root-changed. */
  readonly pinnedRoots?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly times?: IssuerTimes;
}

/** Milliseconds, each with a default that suits production. */
export interface IssuerTimes {
  /** The validity to request for an intermediate. Default 7 days. */
  readonly intermediateValidityMs?: number;
  /** How often to check an issuer of leaves, or the Vault token for intermediates. Default 5 min. */
  readonly pollIntervalMs?: number;
  /** How long one call to Vault, or one CertificateRequest, may take. */
  readonly callMs?: number;
}

/**
 * Opens the issuer that a root describes. It finds its authority while it runs; wrong settings show as its failure.
 * Throws only when `pinnedRoots` is not PEM (certificate-invalid).
 */
export function openIssuer(root: RootSpec, deps: IssuerDeps): RunningIssuer {
  const { clock, random, logger, namespace } = deps;
  const { provider, trustDomain } = root;
  const keyKind = keyKindOf(root.key);
  const pinned = parsePinnedRoots(deps.pinnedRoots);
  if (provider.kind === 'builtIn')
    return keep({
      ...{ deps, pinned, secretName: provider.secretName },
      open: (options) => new BuiltInIssuer({ ...options, keyKind }),
    });
  const { outside: unbounded, watched } = openOutside(root, deps);
  const outside = retryWithShorterValidity(throttled(unbounded, deps), clock);
  if (signsLeafByLeaf(root)) {
    const life = { clock, random, logger, namespace, pollIntervalMs: deps.times?.pollIntervalMs };
    const issuer = new LeafByLeafIssuer({ outside, trustDomain, keyKind, pinned, ...life });
    return alongside(issuer, watched);
  }
  const validityMs = deps.times?.intermediateValidityMs;
  const source = intermediateSource({ outside, keyKind, pinned, clock, validityMs });
  const kept = keep({
    ...{ deps, pinned, secretName: deps.intermediateSecret },
    open: (options) => new KeptAuthority({ ...options, source }),
  });
  return alongside(kept, [outside, ...watched], () => outside.lastFailure?.());
}

/** Whether each leaf under this root costs a request at an issuer outside. */
export function signsLeafByLeaf({ provider }: RootSpec): boolean {
  return provider.kind !== 'builtIn' && provider.mode === 'leaf';
}

type Alive = Pick<RunningIssuer, 'run'>;
type KeptOptions = Omit<ConstructorParameters<typeof KeptAuthority>[0], 'source'>;

interface Keeping {
  readonly secretName: string;
  readonly deps: IssuerDeps;
  readonly pinned: PinnedRoots | undefined;
  /** Makes the issuer that signs with the CA in the Secret. */
  readonly open: (options: KeptOptions) => KeptAuthority;
}

/** Opens an authority that is kept in a Secret, and watches that Secret while the authority runs. */
function keep({ secretName, deps, pinned, open }: Keeping): RunningIssuer {
  const { api, namespace, metadata = {}, clock, random, logger } = deps;
  const secrets = watchSecret(secretName, deps);
  const life = { clock, random, logger };
  const issuer = open({ api, secrets, namespace, secretName, metadata, pinned, ...life });
  return alongside(issuer, [secrets]);
}

interface Outside {
  readonly outside: OutsideIssuer;
  /** The other parts that must run while the issuer runs. */
  readonly watched: readonly Alive[];
}

function openOutside({ provider }: RootSpec, deps: IssuerDeps): Outside {
  const { clock, logger, namespace } = deps;
  const { callMs: limitMs, pollIntervalMs } = deps.times ?? {};
  if (provider.kind === 'certManager') {
    const { api, metadata, random } = deps;
    const life = { clock, random, logger, limitMs };
    const options = { root: provider, api, namespace, metadata, ...life };
    return { outside: new CertManagerIssuer(options), watched: [] };
  }
  if (provider.kind !== 'vault') throw new TypeError('the built-in root has nothing outside');
  const { requestToken, random } = deps;
  const secrets = new Map(namesIn(provider).map((name) => [name, watchSecret(name, deps)]));
  const secretOf = (name: string): SecretObject | undefined =>
    secrets.get(name)?.objects.get(`${namespace}/${name}`);
  const maySend = (name: string): boolean => {
    const found = secretOf(name);
    return found === undefined || found.metadata.labels?.[sentToVault] === 'true';
  };
  const secretText = ({ name, key }: { name: string; key: string }): string | undefined => {
    const data = secretOf(name)?.data?.[key];
    return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
  };
  const watched = [...secrets.values()];
  const limit = { clock, ms: longestSyncMs, reason: () => unread([...secrets.keys()]) };
  const secretsKnown = (signal: AbortSignal): Promise<unknown> =>
    withinTime(limit, (inner) => Promise.all(watched.map((one) => one.whenSynced(inner))), signal);
  const life = { clock, random, logger, limitMs, pollIntervalMs };
  const reading = { namespace, secretText, secretsKnown, maySend };
  const { vaultAddresses: allowed } = deps;
  return {
    outside: vaultIssuer({ root: provider, ...reading, allowed, requestToken, ...life }),
    watched,
  };
}

const longestSyncMs = 10_000;

function unread(names: readonly string[]): WeftError {
  return new WeftError(
    'issuer-unavailable',
    `the Secrets ${names.join(', ')} cannot be read: the API server is away, or the control plane lacks the right`,
    { retry: 'soon' },
  );
}

function throttled(outside: OutsideIssuer, { clock, random }: IssuerDeps): OutsideIssuer {
  const throttle = new Throttle({ clock, random });
  return {
    name: outside.name,
    sign: (wish, signal) => throttle.run((inner) => outside.sign(wish, inner), signal),
    lastFailure: () => outside.lastFailure?.(),
    run: (signal) => outside.run(signal),
  };
}

/** The Secrets of the namespace that a Vault root names. */
function namesIn({ caBundle, auth }: VaultRoot): string[] {
  const names = [caBundle?.name, auth.kind === 'token' ? auth.secret.name : undefined];
  return [...new Set(names.filter((name) => name !== undefined))];
}

function watchSecret(name: string, deps: IssuerDeps): Reflector<SecretObject> {
  const { api, namespace, clock, random, logger: log } = deps;
  const only = { namespace, fieldSelector: `metadata.name=${name}` };
  return reflect<SecretObject>(api, kinds.secret, { ...only, clock, random, log });
}

/** The same issuer. Its run also runs `others`, and its failure includes `moreFailure`. */
function alongside(
  issuer: RunningIssuer,
  others: readonly Alive[],
  moreFailure: RunningIssuer['lastFailure'] = () => undefined,
): RunningIssuer {
  return {
    issue: (request, signal) => issuer.issue(request, signal),
    authority: () => issuer.authority(),
    onChange: (callback) => issuer.onChange(callback),
    lastFailure: () => issuer.lastFailure() ?? moreFailure(),
    run: async (signal) => {
      await Promise.all([issuer, ...others].map((one) => one.run(signal)));
    },
  };
}

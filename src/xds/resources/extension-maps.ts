import type { IdentityKey } from '../../policy/identity.ts';
import { callerOf } from './caller.ts';
import { encode } from './encode.ts';
import type { Resource } from './resource.ts';
import type { OutboundPart } from './translate.ts';

type Named = ReadonlyMap<string, Resource>;

/** The listeners that are offered for a part. */
interface Listening {
  readonly pods: { readonly listeners: Named };
  readonly unnamed: ReadonlySet<string>;
}

/**
 * The extensions of proxies: one map for all proxies of an account that may call the same services
 * (docs/decisions/0081).
 */
export class ExtensionMaps {
  readonly #callers = new Map<IdentityKey, WeakRef<Resource>>();
  readonly #maps = new WeakMap<OutboundPart, WeakMap<Named, Map<IdentityKey, Named>>>();

  /** There are no extensions without a listener that names them. */
  get(part: OutboundPart, account: IdentityKey, { pods, unnamed }: Listening): Named {
    if (part.taken.size + pods.listeners.size === 0) return none;
    const byListeners = this.#maps.get(part) ?? new WeakMap<Named, Map<IdentityKey, Named>>();
    this.#maps.set(part, byListeners);
    const known = byListeners.get(pods.listeners) ?? new Map<IdentityKey, Named>();
    byListeners.set(pods.listeners, known);
    const before = known.get(account);
    if (before !== undefined) return before;
    const named = part.extensions.filter(({ name }) => !unnamed.has(name));
    const made = new Map([this.#caller(account), ...named].map((one) => [one.name, one]));
    known.set(account, made);
    return made;
  }

  #caller(account: IdentityKey): Resource {
    const before = this.#callers.get(account)?.deref();
    if (before !== undefined) return before;
    const made = encode(callerOf(account));
    this.#callers.set(account, new WeakRef(made));
    return made;
  }
}

const none: Named = new Map();

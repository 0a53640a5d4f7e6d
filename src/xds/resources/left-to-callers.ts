// Input: the rules of a port. Output: whether a caller is still allowed all that another rule allowed it. Rule: the
// number of comparisons is bounded, whatever the rules say. What is not compared counts as lost: then streams end that
// clients may open again at once.
import type { AccessRule } from '../../policy/access.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { type RequestKind, covers, kindsOf } from './request-kind.ts';

type Http = AccessRule['http'];
type PathMatch = MeshSettings['pathMatch'];

/** For all callers of one port; this takes some milliseconds. */
const maxComparisons = 100_000;
/** For all rules of one caller together. A further rule is examined while fewer kinds are known. */
const maxKindsLeft = 8_192;

export class LeftToCallers {
  readonly #pathMatch: PathMatch;
  readonly #rules: ReadonlySet<AccessRule>;
  /** Callers that are named by the same rules share the very same list. */
  readonly #lists = new Map<IdentityKey, readonly Http[]>();
  readonly #kinds = new Map<readonly Http[], Left>();
  #comparisons = maxComparisons;

  constructor(rules: readonly AccessRule[], pathMatch: PathMatch) {
    this.#pathMatch = pathMatch;
    this.#rules = new Set(rules);
    const longer = new Map<readonly Http[], readonly Http[]>();
    for (const { sources, http } of rules) {
      longer.clear();
      for (const source of sources) this.#lists.set(source, this.#with(http, source, longer));
    }
  }

  has(rule: AccessRule): boolean {
    return this.#rules.has(rule);
  }

  /** The sources of an earlier rule, except those in `known`, that are no longer allowed all that it allowed. */
  losersOf(
    { sources, http }: AccessRule,
    pathMatch: PathMatch,
    known: ReadonlySet<IdentityKey>,
  ): readonly IdentityKey[] {
    const verdicts = new Map<readonly Http[], boolean>();
    return sources.filter((source) => {
      if (known.has(source)) return false;
      const list = this.#lists.get(source) ?? nothing;
      let verdict = verdicts.get(list);
      if (verdict === undefined) {
        verdict = !this.#allows(list, http, pathMatch);
        verdicts.set(list, verdict);
      }
      return verdict;
    });
  }

  #allows(list: readonly Http[], http: Http, pathMatch: PathMatch): boolean {
    if (pathMatch === this.#pathMatch && list.includes(http)) return true;
    const lost = kindsOf(http, pathMatch);
    if (lost === undefined) return false;
    const left = this.#leftOf(list);
    const other = lost.filter(({ key }) => !left.keys.has(key));
    this.#comparisons -= other.length * left.kinds.length;
    return (
      this.#comparisons >= 0 && other.every((kind) => left.kinds.some((one) => covers(one, kind)))
    );
  }

  #with(
    http: Http,
    source: IdentityKey,
    longer: Map<readonly Http[], readonly Http[]>,
  ): readonly Http[] {
    const list = this.#lists.get(source) ?? nothing;
    let made = longer.get(list);
    if (made === undefined) {
      made = [...list, http];
      longer.set(list, made);
    }
    return made;
  }

  #leftOf(list: readonly Http[]): Left {
    let left = this.#kinds.get(list);
    if (left === undefined) {
      left = takenApart(list, this.#pathMatch);
      this.#kinds.set(list, left);
    }
    return left;
  }
}

const nothing: readonly Http[] = [];

interface Left {
  readonly kinds: readonly RequestKind[];
  readonly keys: ReadonlySet<string>;
}

/** As many kinds as may be compared. Rules beyond that count as allowing nothing. */
function takenApart(list: readonly Http[], pathMatch: PathMatch): Left {
  const kinds: RequestKind[] = [];
  for (const http of list) {
    if (kinds.length >= maxKindsLeft) break;
    kinds.push(...(kindsOf(http, pathMatch) ?? []));
  }
  return { kinds, keys: new Set(kinds.map(({ key }) => key)) };
}

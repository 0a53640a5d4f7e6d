type Fields = Readonly<Record<string, unknown>>;

/** Fields of our containers that other webhooks may change: the image's registry, the pull policy and the resources. */
const others = ['image', 'imagePullPolicy', 'resources'];
/** What the API server adds, and webhooks may add, beside our fields. */
const harmless = ['terminationMessagePath', 'terminationMessagePolicy', ...others];
/** Lists that may have further entries, and the field that identifies an entry. */
const lists: Readonly<Record<string, string>> = { env: 'name', volumeMounts: 'mountPath' };

/** Whether a container or volume has all that `wanted` has and nothing that changes what it does. */
export function isIntact(found: object | undefined, wanted: object): boolean {
  if (found === undefined) return false;
  const live = found as Fields;
  const ours = wanted as Fields;
  const known = [...Object.keys(ours), ...harmless];
  return (
    Object.keys(live).every((field) => known.includes(field)) &&
    Object.entries(ours).every(([field, value]) => {
      if (field === 'image') return sameImage(live[field], value);
      if (others.includes(field)) return true;
      const key = lists[field];
      return key === undefined
        ? covers(live[field], value)
        : entriesCover(entries(live[field]), entries(value), key);
    })
  );
}

/**
 * `wanted`, with the present values of the fields that others may change, and others' list entries behind ours
 * (docs/decisions/0092).
 */
export function restoreFields(found: object | undefined, wanted: object): object {
  const live = (found ?? {}) as Fields;
  const ours = wanted as Fields;
  const kept = Object.fromEntries(
    harmless
      .filter((field) => live[field] !== undefined)
      .filter((field) => field !== 'image' || sameImage(live[field], ours[field]))
      .map((field) => [field, live[field]]),
  );
  const joined = Object.entries(lists)
    .filter(([field]) => Array.isArray(ours[field]))
    .map(([field, key]) => {
      const own = entries(ours[field]);
      const taken = new Set(own.map((entry) => entry[key]));
      return [field, [...own, ...entries(live[field]).filter((entry) => !taken.has(entry[key]))]];
    });
  return { ...ours, ...kept, ...Object.fromEntries(joined) } as object;
}

function entries(list: unknown): readonly Fields[] {
  return Array.isArray(list) ? (list as readonly Fields[]) : [];
}

/** Whether each of our entries is there, and no other entry has its key. */
function entriesCover(live: readonly Fields[], ours: readonly Fields[], key: string): boolean {
  return ours.every((entry) => {
    const same = live.filter((one) => one[key] === entry[key]);
    return same.length === 1 && covers(same[0], entry);
  });
}

/** An image from another registry counts as the same image. */
function sameImage(live: unknown, ours: unknown): boolean {
  const last = (image: unknown): string | undefined =>
    typeof image === 'string' ? image.split('/').at(-1) : undefined;
  return last(live) === last(ours);
}

/** Whether `live` has every field of `wanted`; the API server adds defaults, so it may have more. */
function covers(live: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return live === wanted;
  if (typeof live !== 'object' || live === null) return false;
  if (Array.isArray(wanted))
    return (
      Array.isArray(live) &&
      live.length === wanted.length &&
      wanted.every((item, at) => covers(live[at], item))
    );
  return Object.entries(wanted).every(([field, value]) => covers((live as Fields)[field], value));
}

// Input: the evidence of all replicas, and the pods inside the mesh. Output: the pods whose proxy refuses something,
// and those whose proxy has been behind for long. Costs only these pods. Pure.
import type { FindingKind, Found } from '../api/mesh-report.ts';
import { cleanText } from './kubelet-words.ts';
import type { Seen } from './look.ts';
import { reviveSidecar } from './next-command.ts';
import type { LivingPod } from './pod-life.ts';

type Evidence = Seen['evidence'];

/** Each pod is named once: a proxy that refuses something is also behind. `inside`: by `<namespace>/<name>`. */
export function findUnsynced(
  evidence: Evidence,
  inside: ReadonlyMap<string, LivingPod>,
): ReadonlyMap<FindingKind, readonly Found[]> {
  const { refusing, late } = evidence;
  const named = (uids: Iterable<string>, toFound: (pod: Named) => Found): readonly Found[] =>
    [...uids].flatMap((uid) => podsWith(uid, evidence, inside)).map(toFound);
  const words = refusing.size === 0 ? new Map<string, string>() : wordsIn(evidence);
  const behind = [...late].filter((uid) => !refusing.has(uid));
  const found: readonly (readonly [FindingKind, readonly Found[]])[] = [
    [
      'proxy-refusing',
      named(refusing, ({ name }) => ({ name, why: words.get(name) ?? 'its log says what' })),
    ],
    [
      'proxy-late',
      named(behind, ({ name, pod }) => ({
        name,
        why: 'its sidecar does not answer, or requests nothing more',
        next: reviveSidecar(pod),
      })),
    ],
  ];
  return new Map(found.filter(([, { length }]) => length > 0));
}

interface Named {
  readonly name: string;
  readonly pod: LivingPod;
}

/** The pod with that uid, if it is inside: a stream may belong to a pod that is gone or outside. */
function podsWith(
  uid: string,
  { streams }: Evidence,
  inside: ReadonlyMap<string, LivingPod>,
): readonly Named[] {
  const name = streams.get(uid)?.pod ?? '';
  const pod = inside.get(name);
  return pod?.metadata.uid === uid ? [{ name, pod }] : [];
}

/** What each pod refused first, in Envoy's words, by the pod's name. */
function wordsIn({ objects }: Evidence): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const { rejections } of objects.values())
    for (const { pod, resource, message } of rejections)
      if (!words.has(pod)) words.set(pod, cleanText(`${resource}: ${message}`));
  return words;
}

import { policyKinds } from '../../../src/api/policy-kinds.ts';
import type { KubernetesObject } from '../../../src/api/core.ts';
import type { Clock } from '../../../src/common/clock.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import type { WantedPolicyStatus } from '../../../src/status/policy-status.ts';
import { flatStatus } from '../../../src/status/flat-status.ts';
import { StatusWriter } from '../../../src/status/status-writer.ts';
import type { PolicyObject } from '../../../src/status/kept-status.ts';
import type { WantedStatus } from '../../../src/status/wanted-status.ts';

export const wanted: WantedPolicyStatus = {
  observedGeneration: 2,
  inForce: '1/1',
  acknowledged: 1,
  total: 1,
  rejected: 0,
  conditions: [
    {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: 'fine',
      observedGeneration: 2,
    },
  ],
};
export const since = { lastTransitionTime: '2026-01-01T00:00:00Z' };
export const written = {
  ...wanted,
  conditions: wanted.conditions.map((c) => ({ ...c, ...since })),
};

export function makeTarget(name: string, status?: PolicyObject['status']): WantedStatus {
  const object: PolicyObject = {
    apiVersion: 'access.smi-spec.io/v1alpha3',
    kind: 'TrafficTarget',
    metadata: { namespace: 'shop', name, generation: 2 },
    ...(status === undefined ? {} : { status }),
  };
  return { kind: policyKinds.TrafficTarget, object, shape: flatStatus, status: wanted };
}

/** The one verb the writer uses, over a list of what was applied. */
export function clientThat(apply: (object: KubernetesObject) => void): ApiClient {
  const client: Pick<ApiClient, 'apply'> = {
    apply: (_kind, object) => {
      apply(object);
      return Promise.resolve(object);
    },
  };
  return client as ApiClient;
}

/** Time passes only when the writer sleeps, and then at once. */
function quickClock(): Clock {
  let now = 1_000_000;
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export const refused: WantedPolicyStatus = {
  ...{ ...wanted, inForce: '0/1', acknowledged: 0, rejected: 1 },
  conditions: [
    { type: 'Programmed', status: 'False', reason: 'Rejected', message: 'web-1 refused it' },
  ],
};

interface Write {
  readonly name: string;
  readonly inForce: string | undefined;
  /** In milliseconds from the beginning. */
  readonly at: number;
}

interface Story {
  readonly names: readonly string[];
  /** Of a policy, after that many writes. */
  readonly statusOf: (name: string, writes: number) => WantedPolicyStatus;
  /** After each write, successful or not: whether something changed, or all is over. */
  readonly after: (writes: readonly Write[]) => 'changed' | 'over' | 'nothing';
  /** What the API server refuses. */
  readonly refuses?: (name: string) => boolean;
  /** Whether the cache never gets to know of writes. */
  readonly isCacheDeaf?: boolean;
}

interface Told {
  readonly writes: readonly Write[];
  /** What each status was before, as the callback for changes gets it. */
  readonly before: readonly (string | undefined)[];
  readonly looks: number;
}

/** Runs a writer over policies `<namespace>/<name>` until the story says that it is over. */
export async function tell(story: Story): Promise<Told> {
  const clock = quickClock();
  const begin = clock.now();
  const over = new AbortController();
  const [writes, before]: [Write[], (string | undefined)[]] = [[], []];
  let looks = 0;
  const keyOf = ({ metadata }: KubernetesObject): string =>
    `${metadata.namespace ?? ''}/${metadata.name}`;
  const cache = new Map(
    story.names.map((key) => {
      const [namespace = '', name = ''] = key.split('/');
      const { object } = makeTarget(name);
      return [key, { ...object, metadata: { ...object.metadata, namespace } }];
    }),
  );
  const client = clientThat((object) => {
    const key = keyOf(object);
    const { status } = object as PolicyObject;
    writes.push({ name: key, inForce: status?.inForce, at: clock.now() - begin });
    const next = story.after(writes);
    if (next === 'over') over.abort();
    if (next === 'changed') writer.trigger();
    if (story.refuses?.(key) === true) throw new WeftError('api-rejected', 'no');
    if (story.isCacheDeaf !== true && status !== undefined)
      cache.set(key, { ...cache.get(key)!, status });
  });
  const writer = new StatusWriter({
    ...{ client, clock, logger: silentLogger },
    wanted: () => {
      looks += 1;
      return [...cache].map(([key, object]) => {
        return {
          kind: policyKinds.TrafficTarget,
          ...{ object, shape: flatStatus },
          status: story.statusOf(key, writes.length),
        };
      });
    },
    onWritten: ({ object }) => before.push(object.status?.inForce),
  });
  await writer.run(over.signal).catch(() => undefined);
  return { writes, before, looks };
}

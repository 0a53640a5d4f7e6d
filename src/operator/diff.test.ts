import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import type { Desired } from './desired.ts';
import { type Applied, diff } from './diff.ts';

type Json = Readonly<Record<string, unknown>>;

function desire(spec: Json): Desired {
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec };
  return { kind: kinds.deployment, object };
}

/** As the API server has it. */
function held(spec: Json, version: string, metadata: Json = {}): KubernetesObject {
  const { object } = desire(spec);
  const facts = { name: 'd', uid: 'one', resourceVersion: version, ...metadata };
  return { ...object, metadata: facts };
}

const wanted = desire({ replicas: 2, resources: { cpu: '1000m' } });
/** The API server writes quantities its own way, and adds defaults. */
const answer = held({ replicas: 2, resources: { cpu: '1' }, paused: false }, '10');
const before: Applied = { desired: wanted, answer };

function reason(live: KubernetesObject | undefined, applied: Applied | undefined): string {
  const name = 'Deployment/d';
  const changes = diff({
    desired: [wanted],
    live: new Map(live === undefined ? [] : [[name, live]]),
    applied: new Map(applied === undefined ? [] : [[name, applied]]),
  });
  return changes[0]?.reason ?? 'none';
}

describe('diff', () => {
  const normal = { replicas: 2, resources: { cpu: '1' } };

  it.each<readonly [string, KubernetesObject | undefined, Applied | undefined, string]>([
    ['it is not there', undefined, undefined, 'create'],
    ['it is there, but this process never applied it', answer, undefined, 'update'],
    ['it is as we left it', answer, before, 'none'],
    ['we left it, and a user removed it', undefined, before, 'repair'],
    ['a user made another in its place', held(normal, '20', { uid: 'two' }), before, 'repair'],
    ['a user changed what is ours', held({ ...normal, replicas: 3 }, '20'), before, 'repair'],
    ['a user removed what is ours', held({ replicas: 2 }, '20'), before, 'repair'],
    ['a user changed what is not ours', held({ ...normal, paused: true }, '20'), before, 'none'],
    ['our cache is older than our write', held({ replicas: 9 }, '9'), before, 'none'],
    [
      'it is on its way out',
      held({ replicas: 9 }, '20', { deletionTimestamp: 'now' }),
      before,
      'none',
    ],
    [
      'we want something else now',
      answer,
      { desired: desire({ replicas: 1 }), answer: held({ replicas: 1 }, '10') },
      'update',
    ],
  ])('%s', (...[, live, applied, expected]) => {
    expect(reason(live, applied)).toBe(expected);
  });
});

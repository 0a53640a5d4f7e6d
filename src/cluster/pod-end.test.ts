import { describe, expect, it } from '@jest/globals';
import { makePod } from '../../test/support/builders/make-object.ts';
import type { KubernetesObject } from '../api/core.ts';
import { isFinished } from '../mesh/pod-state.ts';
import { trim } from './trim.ts';

const ended = { name: 'app', state: { terminated: { exitCode: 0 } } };

interface Case {
  readonly spec?: object;
  readonly statuses?: unknown;
  readonly phase?: string;
}

/** A pod of a Job whose status a user set back to `Running`. */
function podOf({ spec = {}, statuses = [ended], phase = 'Running' }: Case): KubernetesObject {
  const pod = makePod({ phase });
  const raw = {
    ...pod,
    spec: { ...pod.spec, restartPolicy: 'Never', ...spec },
    status: { ...pod.status, containerStatuses: statuses },
  };
  return raw;
}

const finished = (one: Case): boolean => isFinished(trim('Pod', podOf(one)));

describe('H7: a pod whose containers ended for good', () => {
  it('has finished, whatever its phase says', () => {
    for (const phase of ['Pending', 'Running', 'Unknown', ''])
      expect(finished({ phase })).toBe(true);
    const two = [{ name: 'app' }, { name: 'other' }];
    expect(finished({ spec: { containers: two }, statuses: [ended, ended] })).toBe(true);
  });

  it.each<[string, Case]>([
    ['a container runs', { statuses: [{ name: 'app', state: { running: {} } }] }],
    ['a container has not started', { statuses: [] }],
    ['one of two has not', { spec: { containers: [{ name: 'app' }, { name: 'b' }] } }],
    ['nothing is known of them', { statuses: null }],
    ['they are started again', { spec: { restartPolicy: 'Always' } }],
    ['they may be started again', { spec: { restartPolicy: 'OnFailure' } }],
    ['nothing is said of it', { spec: { restartPolicy: undefined } }],
    ['one of them is', { spec: { containers: [{ name: 'app', restartPolicy: 'Always' }] } }],
    ['one may be', { spec: { containers: [{ name: 'app', restartPolicyRules: [] }] } }],
    ['it has none', { spec: { containers: [] } }],
  ])('has not while %s', (_, one) => {
    expect(finished(one)).toBe(false);
  });

  it('has while its phase says so', () => {
    for (const phase of ['Succeeded', 'Failed'])
      expect(finished({ phase, statuses: [] })).toBe(true);
  });
});

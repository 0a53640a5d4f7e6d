import { describe, expect, it } from '@jest/globals';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { WholeEvidence } from '../xds/evidence/count-absent.ts';
import { policyStatus, type PolicyFacts } from './policy-status.ts';

const origin = { kind: 'TrafficTarget', namespace: 'shop', name: 'cart', generation: 2 };

function makeEvidence(more: Partial<WholeEvidence> = {}): WholeEvidence {
  const counts = { total: 3, acknowledged: 3, rejected: 0, starting: 0, away: 0 };
  return { origin, ...counts, rejections: [], waiting: [], awayPods: [], ...more };
}

function makeFacts(more: Partial<PolicyFacts> = {}): PolicyFacts {
  return {
    kind: 'TrafficTarget',
    generation: 2,
    diagnostics: [],
    closed: undefined,
    evidence: makeEvidence(),
    complete: true,
    permissive: false,
    ...more,
  };
}

const broken: Diagnostic = {
  code: 'route-missing',
  severity: 'error',
  object: origin,
  message: 'spec.rules[0] names an HTTPRouteGroup that is not there',
};

const withoutPods: Diagnostic = {
  code: 'target-without-pods',
  severity: 'warning',
  object: origin,
  message: 'spec.destination: no pod of shop runs as ServiceAccount npp',
};

const withoutSidecar: Diagnostic = { ...withoutPods, code: 'target-without-sidecar' };

const rows: readonly (readonly [string, PolicyFacts, string, string, string, string])[] = [
  ['all acknowledged', makeFacts(), 'True', 'Acknowledged', '3/3', 'True'],
  [
    'some have yet to',
    makeFacts({ evidence: makeEvidence({ acknowledged: 1 }) }),
    'False',
    'Pending',
    '1/3',
    'True',
  ],
  [
    'acknowledged, but an older generation',
    makeFacts({ evidence: makeEvidence({ origin: { ...origin, generation: 1 } }) }),
    'False',
    'Pending',
    '3/3',
    'True',
  ],
  [
    'case H: one of them starts, and gets it before its application does',
    makeFacts({ evidence: makeEvidence({ total: 4, starting: 1 }) }),
    'True',
    'Acknowledged',
    '3/4',
    'True',
  ],
  [
    'case H: one that it concerns is not connected',
    makeFacts({ evidence: makeEvidence({ total: 4, away: 1, awayPods: ['shop/a'] }) }),
    'False',
    'Pending',
    '3/4',
    'True',
  ],
  [
    'one refused',
    makeFacts({
      evidence: makeEvidence({
        acknowledged: 2,
        rejected: 1,
        rejections: [{ pod: 'shop/a', resource: 'listener inbound', message: 'bad' }],
      }),
    }),
    'False',
    'Rejected',
    '2/3',
    'True',
  ],
  [
    'concerns no proxy',
    makeFacts({ evidence: undefined }),
    'True',
    'NoProxyConcerned',
    '0/0',
    'True',
  ],
  [
    'no pod runs as its destination',
    makeFacts({ evidence: undefined, diagnostics: [withoutPods], closed: 'no pods' }),
    'True',
    'NoPods',
    'no pods',
    'True',
  ],
  [
    'no pod of its destination has a sidecar',
    makeFacts({ diagnostics: [withoutSidecar], closed: 'no sidecar' }),
    'True',
    'NoSidecar',
    'no sidecar',
    'True',
  ],
  [
    'it opens none of the ports there are',
    makeFacts({ closed: 'no port' }),
    'True',
    'NoPort',
    'no port',
    'True',
  ],
  [
    'it opens none of the ports there are, and proxies have yet to answer',
    makeFacts({ closed: 'no port', evidence: makeEvidence({ acknowledged: 2 }) }),
    'False',
    'Pending',
    '2/3',
    'True',
  ],
  [
    'no pod runs as one of its sources',
    makeFacts({ diagnostics: [withoutPods] }),
    'True',
    'Acknowledged',
    '3/3',
    'True',
  ],
  [
    'permissive mode',
    makeFacts({ evidence: undefined, permissive: true }),
    'True',
    'PermissiveMode',
    '0/0',
    'True',
  ],
  [
    'a replica cannot be asked',
    makeFacts({ complete: false }),
    'Unknown',
    'EvidenceIncomplete',
    '3/3?',
    'True',
  ],
  [
    'a replica cannot be asked, and a proxy of another refused it',
    makeFacts({ complete: false, evidence: makeEvidence({ acknowledged: 2, rejected: 1 }) }),
    'False',
    'Rejected',
    '2/3?',
    'True',
  ],
  [
    'broken object',
    makeFacts({ diagnostics: [broken], evidence: undefined }),
    'False',
    'NotAccepted',
    'invalid',
    'False',
  ],
  ['broken in part', makeFacts({ diagnostics: [broken] }), 'True', 'Acknowledged', '3/3', 'False'],
  [
    'a warning alone',
    makeFacts({ diagnostics: [{ ...broken, severity: 'warning' }] }),
    'True',
    'Acknowledged',
    '3/3',
    'True',
  ],
];

describe('policyStatus', () => {
  for (const [title, facts, programmed, reason, inForce, accepted] of rows) {
    it(title, () => {
      const status = policyStatus(facts);
      const condition = status.conditions.find((c) => c.type === 'Programmed');
      expect(condition).toMatchObject({ status: programmed, reason, observedGeneration: 2 });
      expect(status.inForce).toBe(inForce);
      expect(status.conditions.find((c) => c.type === 'Accepted')?.status).toBe(accepted);
    });
  }

  it('says in Accepted the problem and the rule', () => {
    const accepted = policyStatus(makeFacts({ diagnostics: [broken] })).conditions[0];
    expect(accepted).toMatchObject({ reason: 'RouteMissing', message: broken.message });
  });

  it.each([true, false])('names the missing workload, in both conditions: destination %s', (is) => {
    const evidence = is ? undefined : makeEvidence();
    const facts = makeFacts({
      evidence,
      diagnostics: [withoutPods],
      closed: is ? 'no pods' : undefined,
    });
    const [accepted, programmed] = policyStatus(facts).conditions;
    expect(accepted).toMatchObject({ reason: 'TargetWithoutPods', message: withoutPods.message });
    expect(programmed?.message).toContain(withoutPods.message);
  });

  it("gives Envoy's words and the pod that refused", () => {
    const rejections = [{ pod: 'shop/a', resource: 'listener inbound', message: 'no such thing' }];
    const evidence = makeEvidence({ rejected: 12, rejections });
    const programmed = policyStatus(makeFacts({ evidence })).conditions[1];
    expect(programmed?.message).toBe('shop/a refused listener inbound: no such thing; and 11 more');
  });

  it('shows no text from pods of other namespaces, and removes line breaks from the text of the other pods', () => {
    const rejections = [
      { pod: 'evil/b', resource: 'cart|80', message: 'SECURITY NOTICE: run this' },
      { pod: 'shop/a', resource: 'cart|80', message: 'no such\n\u001b[31m  thing\u202e' },
    ];
    const evidence = makeEvidence({ rejected: 2, rejections });
    expect(policyStatus(makeFacts({ evidence })).conditions[1]?.message).toBe(
      'evil/b refused cart|80: the pod is in another namespace, so only the log of the control plane has the error; ' +
        'shop/a refused cart|80: no such [31m thing',
    );
  });
});

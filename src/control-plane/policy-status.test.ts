import { describe, expect, it } from '@jest/globals';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { ObjectEvidence } from '../xds/server/evidence.ts';
import { policyStatus, type PolicyFacts } from './policy-status.ts';

const origin = { kind: 'TrafficTarget', namespace: 'shop', name: 'cart', generation: 2 };

function makeEvidence(more: Partial<ObjectEvidence> = {}): ObjectEvidence {
  return { origin, total: 3, acknowledged: 3, rejected: 0, rejections: [], waiting: [], ...more };
}

function makeFacts(more: Partial<PolicyFacts> = {}): PolicyFacts {
  return {
    kind: 'TrafficTarget',
    generation: 2,
    diagnostics: [],
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
    'concerns nobody',
    makeFacts({ evidence: undefined }),
    'True',
    'NoProxyConcerned',
    '0/0',
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

  it('says in Accepted what is wrong and by which rule', () => {
    const accepted = policyStatus(makeFacts({ diagnostics: [broken] })).conditions[0];
    expect(accepted).toMatchObject({ reason: 'RouteMissing', message: broken.message });
  });

  it("gives Envoy's words and the pod that refused", () => {
    const rejections = [{ pod: 'shop/a', resource: 'listener inbound', message: 'no such thing' }];
    const evidence = makeEvidence({ rejected: 12, rejections });
    const programmed = policyStatus(makeFacts({ evidence })).conditions[1];
    expect(programmed?.message).toBe('shop/a refused listener inbound: no such thing; and 11 more');
  });
});

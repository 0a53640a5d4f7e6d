import { describe, expect, it } from '@jest/globals';
import { makeMeshConfig } from '../../test/support/builders/make-mesh-config.ts';
import { rulesFor } from '../operator/access.ts';
import type { RootsDecision } from './decide.ts';
import { needsOf } from './needs.ts';

describe('what the control plane may do with Secrets', () => {
  it('is to read those whose names are given, and never to write them', () => {
    const provider = {
      kind: 'builtIn',
      builtIn: { caSecretRef: { name: 'payments-token' } },
    } as const;
    const meshConfig = makeMeshConfig({ spec: { certificate: { provider } } });
    const decision = { plan: undefined, records: [] } as unknown as RootsDecision;
    const rules = rulesFor(needsOf(meshConfig, decision));
    const named = rules.filter(({ resourceNames }) => resourceNames?.includes('payments-token'));
    expect(named.flatMap(({ verbs }) => verbs)).toEqual(['get', 'list', 'watch']);
  });
});

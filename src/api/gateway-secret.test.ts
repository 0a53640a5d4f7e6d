import { describe, expect, it } from '@jest/globals';
import { gatewayCases, gatewaySpec } from '../../test/support/builders/gateway-secrets.ts';
import { makeMeshConfig } from '../../test/support/builders/make-mesh-config.ts';
import { validateSpec } from './validate-mesh-config.ts';

describe("the Secret of an ingress gateway's certificate", () => {
  it.each(gatewayCases)('$place.namespace/$place.name with $provider.kind', (one) => {
    const problems = validateSpec(makeMeshConfig({ spec: gatewaySpec(one) }));
    if (one.refused === undefined) {
      expect(problems).toEqual([]);
      return;
    }
    const [problem] = problems;
    expect(problems).toHaveLength(1);
    expect(problem?.field).toBe('spec.certificate.ingressGateway.secret');
    expect(problem?.message).toContain(one.refused);
    expect(problem?.message).toContain('; choose another name, such as');
  });
});

import { describe, expect, it } from '@jest/globals';
import { message } from '../../test/support/builders/judged-mesh.ts';
import { makeReport } from '../../test/support/builders/make-report.ts';
import type { StatusInputs } from './condition-words.ts';

describe('the words of counts', () => {
  it.each<readonly [Parameters<typeof makeReport>[0], string, string]>([
    [{ connected: 0 }, 'No proxy is connected.', 'No pod needs a sidecar.'],
    [
      { connected: 1, leftOut: 1 },
      '1 of 1 proxy has acknowledged everything.',
      '1 of 1 pod is connected. 1 pod is left out on purpose.',
    ],
    [
      { connected: 3, leftOut: 2 },
      '3 of 3 proxies have acknowledged everything.',
      '3 of 3 pods are connected. 2 pods are left out on purpose.',
    ],
  ])('go by how many there are: %j', (counts, proxies, pods) => {
    const inputs = { proxies: makeReport(counts) };
    expect(message(inputs, 'ProxiesSynced')).toBe(proxies);
    expect(message(inputs, 'PodsInMesh')).toBe(pods);
  });

  it.each<readonly [Partial<StatusInputs>, Parameters<typeof message>[1], string]>([
    [
      { rollout: { wanted: 2, available: 0, settled: false, stuck: undefined } },
      'ControlPlaneAvailable',
      '0 of 2 replicas are available. Next: kubectl get pods -n weft-system -l app.kubernetes.io/name=weft-control-plane.',
    ],
    [
      { proxies: makeReport({ rejected: 1 }) },
      'ProxiesSynced',
      'Next: kubectl get traffictarget,httproutegroup,tcproute,trafficsplit -A.',
    ],
    [
      { bundle: { kind: 'invalid', problem: 'it holds no certificate' } },
      'CertificatesReady',
      'Next: kubectl delete configmap -n weft-system weft-ca-bundle.',
    ],
  ])('end with the next command: %j', (inputs, type, next) => {
    expect(message(inputs, type)?.endsWith(next)).toBe(true);
  });
});

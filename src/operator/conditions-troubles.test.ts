import { describe, expect, it } from '@jest/globals';
import { message, quiet, shown, unknown } from '../../test/support/builders/judged-mesh.ts';
import { makeFinding, makeReport } from '../../test/support/builders/make-report.ts';
import type { StatusInputs } from './condition-words.ts';
import { noRotation } from './conditions.ts';

/** Each kind of trouble, and what the conditions say of it. */
const troubles: readonly (readonly [string, Partial<StatusInputs>, readonly string[], string])[] = [
  [
    'a pod is stuck',
    { proxies: makeReport({ expected: 4, findings: [makeFinding('sidecar-stuck')] }) },
    ['Ready=False/SidecarsStuck', 'PodsInMesh=False/SidecarsStuck'],
    'kubectl describe pod -n shop web-1',
  ],
  [
    'a sidecar crashes',
    { proxies: makeReport({ findings: [makeFinding('sidecar-crashing')] }) },
    ['Ready=False/SidecarsCrashing', 'PodsInMesh=False/SidecarsCrashing'],
    'kubectl logs -n shop web-1 -c envoy --previous',
  ],
  [
    'a sidecar has lost the control plane',
    { proxies: makeReport({ findings: [makeFinding('sidecar-lost')] }) },
    ['Ready=False/SidecarsLost', 'PodsInMesh=False/SidecarsLost'],
    'kubectl logs -n shop web-1 -c envoy',
  ],
  [
    'a sidecar refuses the certificate',
    { proxies: makeReport({ findings: [makeFinding('certificate-refused')] }) },
    [
      'Ready=False/CertificateRefused',
      'CertificatesReady=False/CertificateRefused',
      'PodsInMesh=False/CertificateRefused',
    ],
    'weft certificate status',
  ],
  [
    'a replica shows a certificate that ended',
    { proxies: makeReport({ findings: [makeFinding('server-certificate')] }) },
    ['Ready=False/ServerCertificateBad', 'CertificatesReady=False/ServerCertificateBad'],
    'kubectl logs -n shop web-1',
  ],
  [
    'a replica cannot be asked',
    { proxies: makeReport({ findings: [makeFinding('replica-unreachable')] }) },
    ['Ready=True/Ready', 'ProxiesSynced=Unknown/ReplicaUnreachable'],
    'kubectl logs -n shop web-1',
  ],
  [
    'a pod has no sidecar',
    { proxies: makeReport({ findings: [makeFinding('without-sidecar')] }) },
    ['Ready=True/Ready', 'PodsInMesh=False/PodsWithoutSidecar'],
    'kubectl rollout restart deployment,statefulset,daemonset -n shop',
  ],
  [
    'a sidecar restarted',
    { proxies: makeReport({ findings: [makeFinding('sidecar-restarted')] }) },
    ['Ready=True/Ready', 'PodsInMesh=True/SidecarsRestarted'],
    'kubectl logs -n shop web-1 -c envoy --previous',
  ],
  [
    'a Service is not served',
    { proxies: makeReport({ findings: [makeFinding('service-not-served')] }) },
    ['Ready=True/Ready', 'ServicesServed=False/ServicesNotServed'],
    'kubectl describe service -n shop web-1',
  ],
  [
    'a pod is left out',
    { proxies: makeReport({ findings: [makeFinding('pod-left-out')] }) },
    ['Ready=True/Ready', 'PodsInMesh=False/PodsLeftOut'],
    'kubectl describe pod -n shop web-1',
  ],
  [
    'a namespace is too large',
    { proxies: makeReport({ findings: [makeFinding('namespace-left-out')] }) },
    ['Ready=True/Ready', 'ServicesServed=False/NamespacesLeftOut'],
    'kubectl describe namespace web-1',
  ],
  [
    'a replica cannot be asked, and a proxy of another refused something',
    {
      proxies: makeReport({
        ...{ connected: 3, synced: 2, rejected: 1 },
        findings: [makeFinding('replica-unreachable')],
      }),
    },
    ['Ready=False/ProxiesRejected', 'ProxiesSynced=False/ProxiesRejected'],
    'cannot be asked',
  ],
  [
    'a replica cannot be asked, and not all pods are connected to the others',
    {
      proxies: makeReport({
        ...{ connected: 2, synced: 2, expected: 3, starting: 1 },
        findings: [makeFinding('replica-unreachable')],
      }),
    },
    [
      'Ready=True/Ready',
      'ProxiesSynced=Unknown/ReplicaUnreachable',
      'PodsInMesh=Unknown/ReplicaUnreachable',
    ],
    'cannot be asked',
  ],
  [
    'a replica is missing',
    { rollout: { wanted: 2, available: 1, settled: true, stuck: undefined } },
    ['Ready=True/Ready', 'ControlPlaneAvailable=True/ReplicasMissing'],
    'kubectl get pods -n weft-system',
  ],
  [
    'a rollout is stuck while the replicas of before serve',
    { rollout: { wanted: 2, available: 2, settled: false, stuck: 'It timed out.' } },
    ['Ready=True/Ready', 'ControlPlaneAvailable=True/RolloutStuck', 'Reconciling=True/RollingOut'],
    'gave up the rollout: It timed out. Next: kubectl describe replicasets,pods -n weft-system',
  ],
  ...(['PreflightFailed', 'RotationHeld'] as const).map(
    (reason) =>
      [
        `a switch of roots waits for a user: ${reason}`,
        { rotation: { ...noRotation, moving: { reason, message: 'It waits. Mend it.' } } },
        ['Ready=True/Ready', `Reconciling=True/${reason}`],
        'The mesh serves. It waits. Mend it.',
      ] as const,
  ),
  [
    'a root ends soon that only its owner renews',
    { rotation: { ...noRotation, ending: { reason: 'RootEndsSoon', message: 'Renew it.' } } },
    ['Ready=True/Ready', 'CertificatesReady=True/RootEndsSoon'],
    'The mesh serves. Renew it.',
  ],
  [
    'the control plane is silent',
    { silentSince: '2026-01-01T23:00:00Z' },
    ['Ready=Unknown/NoReport', ...unknown],
    'kubectl logs -n weft-system deployment/weft-control-plane',
  ],
];

describe('case H: Ready', () => {
  it.each(troubles)('does not say that the mesh is up when %s', (...[, inputs, expected, next]) => {
    const differing = shown(inputs).filter((one) => !quiet.includes(one));
    expect(differing).toEqual(expected);
    const ready = message(inputs, 'Ready');
    expect(ready).toContain(next);
    expect(ready).not.toContain('The mesh is up');
  });

  it('does not count a starting pod as a problem', () => {
    const inputs = { proxies: makeReport({ expected: 5, starting: 2 }) };
    expect(shown(inputs)).toEqual([
      'Ready=True/Ready',
      ...quiet.slice(0, 3),
      'PodsInMesh=True/PodsStarting',
      'ServicesServed=True/AllServed',
    ]);
    expect(message(inputs, 'Ready')).toBe(
      'The mesh serves. 2 pods are starting. 3 of 5 pods are connected.',
    );
  });

  it('does not call a pod starting whose sidecar was connected', () => {
    const findings = [makeFinding('sidecar-disconnected')];
    const text =
      '1 pod has a sidecar that has disconnected: shop/web-1 (why). Next: wait; if that lasts: kubectl logs -n shop web-1 -c envoy.';
    const one = { proxies: makeReport({ connected: 2, expected: 3, starting: 1, findings }) };
    expect(shown(one)).toContain('PodsInMesh=True/SidecarsDisconnected');
    expect(message(one, 'Ready')).toBe(`The mesh serves. ${text} 2 of 3 pods are connected.`);
    const two = { proxies: makeReport({ connected: 1, expected: 3, starting: 2, findings }) };
    expect(message(two, 'PodsInMesh')).toBe(
      `${text} 1 pod is starting. 1 of 3 pods are connected.`,
    );
  });

  it('has the next command of the first that it names', () => {
    const next = 'kubectl rollout restart daemonset/agent -n shop';
    const finding = makeFinding('without-sidecar', 2);
    const found = finding.found.map((one, at) => (at === 0 ? { ...one, next } : one));
    const text = message({ proxies: makeReport({ findings: [{ ...finding, found }] }) }, 'Ready');
    expect(text).toContain(`shop/web-2 (why). Next: ${next}.`);
  });

  it('says that the mesh is up while a switch needs no user', () => {
    const moving = { reason: 'Rotating', message: 'TrustBoth' } as const;
    expect(message({ rotation: { ...noRotation, moving } }, 'Ready')).toBe('The mesh is up.');
  });

  it('names the first few and counts all, in a message of bounded length', () => {
    const findings = (['sidecar-crashing', 'sidecar-stuck', 'without-sidecar'] as const).map(
      (kind) => makeFinding(kind, 9_000, 'x'.repeat(5_000)),
    );
    const text = message({ proxies: makeReport({ findings }) }, 'Ready') ?? '';
    expect(text).toContain('9000 pods are stuck before their sidecar connects: shop/web-1 (');
    expect(text).toContain('shop/web-3 (');
    expect(text).toContain('and 8997 more. Next:');
    expect(text.length).toBeLessThan(3_000);
  });
});

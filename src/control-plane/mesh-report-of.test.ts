import { describe, expect, it } from '@jest/globals';
import { type LifeOptions, makeLivingPod } from '../../test/support/builders/make-living-pod.ts';
import { makeService } from '../../test/support/builders/make-object.ts';
import {
  ledgerAt,
  type PodsAndLedger,
  runs,
  seen,
} from '../../test/support/builders/pod-ledger.ts';
import { FakeClock } from '../../test/support/time/fake-clock.ts';
import type { KubernetesObject } from '../api/core.ts';
import { type Finding, formatMeshReport, parseMeshReport } from '../api/mesh-report.ts';
import { sidecarInjection } from '../api/labels.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { endpointFaults, type LeftOutEndpoints, nothingLeftOut } from '../mesh/endpoint-faults.ts';
import type { LivingPod } from '../pods/pod-life.ts';
import { meshReportOf } from './mesh-report-of.ts';

const clock = new FakeClock(Date.parse('2026-01-01T01:00:00Z'));
const makeLedger = (): PodsAndLedger => ledgerAt(clock);

const pod = (name: string, more: LifeOptions = {}): KubernetesObject =>
  makeLivingPod({ name, statuses: runs, ...more });

describe('case H: the report on the mesh', () => {
  it('counts every pod once, expected pods as well as connected pods', () => {
    const { ledger, pods } = makeLedger();
    pods.put(pod('a'));
    pods.put(
      pod('b', { statuses: [{ name: 'envoy', state: { waiting: { reason: 'ErrImagePull' } } }] }),
    );
    pods.put(pod('c', { sidecar: false }));
    pods.put(pod('d', { sidecar: false, annotations: { [sidecarInjection]: 'disabled' } }));
    pods.put(pod('gone', { deleting: true }));
    const look = ledger.look({ ...seen('a', 'gone', 'stranger') });
    const report = meshReportOf({ pods: look, unreachable: [], replicas: [], diagnostics: [] });
    expect(report).toMatchObject({ connected: 1, synced: 1, expected: 3, starting: 0, leftOut: 1 });
    expect(report.findings.map(({ kind, count }) => [kind, count])).toEqual([
      ['sidecar-stuck', 1],
      ['without-sidecar', 1],
    ]);
    expect(parseMeshReport(formatMeshReport(report))).toEqual(report);
  });

  it('follows changes: a pod that is repaired or gone is no longer reported', () => {
    const { ledger, pods } = makeLedger();
    pods.put(pod('a', { sidecar: false }));
    expect(ledger.look(seen()).found.size).toBe(1);
    pods.put(pod('a'));
    expect(ledger.look(seen('a'))).toMatchObject({
      connected: 1,
      expected: 1,
      found: new Map(),
    });
    pods.remove('shop/a');
    expect(ledger.look(seen())).toMatchObject({ connected: 0, expected: 0 });
  });

  it('gives a lost proxy its time from when it was lost', async () => {
    const { ledger, pods } = makeLedger();
    pods.put(pod('a'));
    ledger.look(seen('a'));
    await clock.advance(3_600_000);
    expect(ledger.look(seen()).starting).toBe(1);
    await clock.advance(30_000);
    expect([...ledger.look(seen()).found.keys()]).toEqual(['sidecar-lost']);
    expect(ledger.look(seen('a')).found.size).toBe(0);
    expect(ledger.look(seen()).starting).toBe(1);
  });

  it('needs no second look while all is well and nothing changed', () => {
    const { ledger, pods } = makeLedger();
    pods.put(pod('a'));
    const { evidence, alerts } = seen('a');
    const look = ledger.look({ evidence, alerts });
    expect(ledger.look({ evidence: { ...evidence }, alerts })).toBe(look);
    const behind = new Set(['uid-shop-a', 'uid-of-a-pod-that-is-none-of-the-mesh']);
    const late = ledger.look({
      evidence: { ...evidence, behind, refusing: behind, late: behind },
      alerts,
    });
    expect(late).toMatchObject({ connected: 1, synced: 0, rejected: 1, late: 1 });
    expect(ledger.look({ evidence, alerts }).synced).toBe(1);
    pods.put(pod('b'));
    expect(ledger.look({ evidence, alerts }).expected).toBe(2);
  });

  it('needs none either for a pod that says what it said, and looks at one whose sidecar restarts or that is another', () => {
    const { ledger, pods } = makeLedger();
    pods.put(pod('a'));
    const { evidence, alerts } = seen('a');
    const look = ledger.look({ evidence, alerts });
    pods.put(pod('a'));
    expect(ledger.look({ evidence, alerts })).toBe(look);
    const restarts = [
      { name: 'envoy', restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ];
    pods.put(pod('a', { statuses: restarts }));
    expect([...ledger.look({ evidence, alerts }).found.keys()]).toEqual(['sidecar-crashing']);
    pods.put(pod('a'));
    pods.put(pod('b', { sidecar: false }));
    expect(ledger.look({ evidence, alerts })).toMatchObject({ connected: 1, expected: 2 });
    pods.remove('shop/a');
    expect(ledger.look({ evidence, alerts })).toMatchObject({ connected: 0, expected: 1 });
  });

  it('names replicas, certificates and Services', () => {
    const { ledger } = makeLedger();
    const report = meshReportOf({
      pods: ledger.look(seen()),
      unreachable: ['weft-system/two'],
      replicas: [
        { replica: 'weft-system/one', held: [], waiting: [], certificate: 'ended', refused: [] },
      ],
      diagnostics: ['error', 'error', 'warning'].map((severity, at) => ({
        code: 'object-malformed',
        severity: severity as 'error' | 'warning',
        object: { kind: 'Service', namespace: 'shop', name: `s${Math.max(at, 1)}`, generation: 0 },
        message: 'why',
      })),
    });
    expect(report.findings).toEqual([
      {
        kind: 'replica-unreachable',
        count: 1,
        found: [{ name: 'weft-system/two', why: 'it runs but does not answer the other replicas' }],
      },
      {
        kind: 'server-certificate',
        count: 1,
        found: [{ name: 'weft-system/one', why: 'its certificate ended' }],
      },
      { kind: 'service-not-served', count: 1, found: [{ name: 'shop/s1', why: 'why' }] },
    ]);
  });

  it.each([
    ['Pod', 'shop', 'pod-left-out', 'shop/x', undefined],
    [
      'EndpointSlice',
      'shop',
      'service-not-served',
      'shop/x',
      'kubectl describe endpointslice -n shop x',
    ],
    ['Namespace', '', 'namespace-left-out', 'x', undefined],
    ['TrafficTarget', 'shop', undefined, undefined, undefined],
  ] as const)(
    'names a %s of which a part is left out',
    (...[kind, namespace, found, name, next]) => {
      const { ledger } = makeLedger();
      const object = { kind, namespace, name: 'x', generation: 0 };
      const one = { code: 'object-too-large', severity: 'error', object, message: 'why' } as const;
      const nobody = { unreachable: [], replicas: [] };
      const report = meshReportOf({
        pods: ledger.look(seen()),
        ...nobody,
        diagnostics: [one, one],
      });
      const finding = {
        kind: found,
        count: 1,
        found: [{ name, why: 'why', ...(next && { next }) }],
      };
      expect(report.findings).toEqual(found === undefined ? [] : [finding]);
    },
  );

  it.each(['10.0.0.1', 'fd00::1'])(
    'knows a sidecar that refused the certificate from %s',
    async (ip) => {
      const { ledger, pods } = makeLedger();
      const plain = pod('a', { ip: '10.0.0.1' }) as LivingPod;
      const podIPs = [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }];
      const both: LivingPod = { ...plain, status: { ...plain.status, podIPs } };
      pods.put(both);
      const refused = { ...seen(), alerts: new Map([[ip, 'unknown ca']]) };
      ledger.look(refused);
      await clock.advance(15_000);
      const { found } = ledger.look(refused);
      expect([...found.keys()]).toEqual(['certificate-refused']);
    },
  );

  it('counts a Service whose pods or addresses get no calls, by what the endpoints say of it', () => {
    const { ledger } = makeLedger();
    const service = makeService();
    const left = (part: Partial<LeftOutEndpoints>): readonly Diagnostic[] =>
      endpointFaults(service, { ...nothingLeftOut(), ...part }, 'none');
    for (const part of [{ withoutSidecar: new Set(['a']) }, { outside: new Set(['10.0.0.9']) }]) {
      const diagnostics = left(part);
      const pods = ledger.look(seen());
      const { findings } = meshReportOf({ pods, unreachable: [], replicas: [], diagnostics });
      const [{ kind, count, found }] = findings as [Finding];
      expect([kind, count, found[0]?.name]).toEqual(['service-not-served', 1, 'shop/cart']);
    }
  });
});

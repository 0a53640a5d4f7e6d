import { describe, expect, it } from '@jest/globals';
import { type LifeOptions, makeLivingPod } from '../../test/support/builders/make-living-pod.ts';
import { ledgerAt, runs, seen } from '../../test/support/builders/pod-ledger.ts';
import { FakeClock } from '../../test/support/time/fake-clock.ts';
import type { MeshReport } from '../api/mesh-report.ts';
import { originKey } from '../policy/origin.ts';
import type { Rejection } from '../xds/evidence/evidence.ts';
import type { Seen } from './look.ts';
import { meshReportOf } from '../control-plane/mesh-report-of.ts';

const controlled: LifeOptions = {
  owners: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'web', controller: true }],
};

/** The report on pods of these names that are all connected, when the evidence says this of them besides. */
function reportWith(
  evidence: Partial<Seen['evidence']>,
  names: readonly string[],
  life = controlled,
): MeshReport {
  const { ledger, pods } = ledgerAt(new FakeClock(Date.parse('2026-01-01T01:00:00Z')));
  for (const name of names) pods.put(makeLivingPod({ name, statuses: runs, ...life }));
  const all = seen(...names);
  const look = ledger.look({ ...all, evidence: { ...all.evidence, ...evidence } });
  return meshReportOf({ pods: look, unreachable: [], replicas: [], diagnostics: [] });
}

const uids = (...names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map((name) => `uid-shop-${name}`));

const rejecting = (...rejections: readonly Rejection[]): Seen['evidence']['objects'] => {
  const origin = { kind: 'TrafficTarget', namespace: 'shop', name: 't', generation: 1 } as const;
  const counts = { total: 1, acknowledged: 0, waiting: [], rejected: rejections.length };
  return new Map([[originKey(origin), { origin, ...counts, rejections }]]);
};

const revive =
  'kubectl logs -n shop a -c envoy; if that shows nothing new: kubectl delete pod -n shop a';
const why = 'its sidecar does not answer, or requests nothing more';

describe('case H: the pods that are not in sync', () => {
  it('names a pod whose proxy has been behind for long, with what helps', () => {
    const report = reportWith({ behind: uids('a', 'b'), late: uids('a') }, ['a', 'b', 'c']);
    expect(report).toMatchObject({ connected: 3, synced: 1, late: 1 });
    const found = [{ name: 'shop/a', why, next: revive }];
    expect(report.findings).toEqual([{ kind: 'proxy-late', count: 1, found }]);
  });

  it('says that a pod which nothing makes again is to be created', () => {
    const { findings } = reportWith({ behind: uids('a'), late: uids('a') }, ['a'], {});
    const next = `${revive}, then create it again from its manifest`;
    expect(findings[0]?.found).toEqual([{ name: 'shop/a', why, next }]);
  });

  it('names a pod whose proxy refuses something, with its words, and does not call it late', () => {
    const message = 'no such\nfilter';
    const objects = rejecting({ pod: 'shop/a', resource: 'inbound', message });
    const all = uids('a', 'b');
    const report = reportWith({ behind: all, refusing: all, late: all, objects }, ['a', 'b']);
    const found = [
      { name: 'shop/a', why: 'inbound: no such filter' },
      { name: 'shop/b', why: 'its log says what' },
    ];
    expect(report.findings).toEqual([{ kind: 'proxy-refusing', count: 2, found }]);
  });

  it('counts all and names the first by name', () => {
    const names = ['g', 'f', 'e', 'd', 'c', 'b', 'a'];
    const { findings } = reportWith({ late: uids(...names) }, names);
    expect(findings[0]?.count).toBe(7);
    expect(findings[0]?.found.map(({ name }) => name.slice(-1)).join('')).toBe('abcde');
  });

  it('names no pod outside the mesh, and none whose stream belonged to another pod of that name', () => {
    const streams = new Map([
      ['uid-of-another', { pod: 'shop/a', opened: 1 }],
      ['uid-shop-gone', { pod: 'shop/gone', opened: 1 }],
    ]);
    const late = new Set([...streams.keys(), 'uid-without-a-stream']);
    const { findings } = reportWith({ streams, late, refusing: new Set() }, ['a']);
    expect(findings.map(({ kind }) => kind)).toEqual(['sidecar-disconnected']);
  });
});

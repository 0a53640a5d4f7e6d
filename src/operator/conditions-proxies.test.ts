import { describe, expect, it } from '@jest/globals';
import { message, pods, quiet, shown } from '../../test/support/builders/judged-mesh.ts';
import { makeFinding, makeReport } from '../../test/support/builders/make-report.ts';
import type { StatusInputs } from './condition-words.ts';

const behind = makeReport({ synced: 2 });

describe('the conditions of proxies', () => {
  it.each<readonly [string, Partial<StatusInputs>, readonly string[]]>([
    [
      'proxies are behind, as after every change',
      { proxies: behind },
      ['Ready=True/Ready', ...quiet.slice(0, 2), 'ProxiesSynced=False/Pending', ...pods],
    ],
    [
      'proxies are behind for too long',
      { proxies: { ...behind, late: 1 } },
      ['Ready=False/Pending', ...quiet.slice(0, 2), 'ProxiesSynced=False/Pending', ...pods],
    ],
    [
      'a proxy rejected something',
      { proxies: makeReport({ synced: 2, rejected: 1 }) },
      [
        'Ready=False/ProxiesRejected',
        ...quiet.slice(0, 2),
        'ProxiesSynced=False/ProxiesRejected',
        ...pods,
      ],
    ],
    [
      'there is no proxy',
      { proxies: makeReport({ connected: 0 }) },
      ['Ready=True/Ready', ...quiet],
    ],
  ])('%s', (_, inputs, expected) => {
    expect(shown(inputs)).toEqual(expected);
  });
});

const policies = 'kubectl get traffictarget,httproutegroup,tcproute,trafficsplit -A';
const logs = 'kubectl logs -n shop web-1 -c envoy';
const lateOne = makeFinding('proxy-late');

describe('case H: what ProxiesSynced says of proxies that are not in sync', () => {
  it.each<readonly [string, Parameters<typeof makeReport>[0], string]>([
    [
      'behind for a moment',
      { synced: 2 },
      '2 of 3 proxies have acknowledged everything. This message names each proxy that is late by 15 s.',
    ],
    [
      'behind for long',
      { synced: 2, late: 1, findings: [lateOne] },
      `2 of 3 proxies have acknowledged everything. 1 proxy has not acknowledged its configuration for 15 s: shop/web-1 (why). Next: ${logs}.`,
    ],
    [
      'many behind for long',
      { connected: 9, synced: 2, late: 7, findings: [makeFinding('proxy-late', 7)] },
      `2 of 9 proxies have acknowledged everything. 7 proxies have not acknowledged their configuration for 15 s: shop/web-1 (why), shop/web-2 (why), shop/web-3 (why) and 4 more. Next: ${logs}.`,
    ],
    [
      'refusing something',
      { synced: 2, rejected: 1, late: 1, findings: [makeFinding('proxy-refusing')] },
      `2 of 3 proxies have acknowledged everything. 1 proxy rejected a resource and keeps its previous configuration: shop/web-1 (why). Next: ${logs}.`,
    ],
    [
      'refusing something while another is late',
      { synced: 0, rejected: 2, late: 3, findings: [makeFinding('proxy-refusing', 2), lateOne] },
      `0 of 3 proxies have acknowledged everything. 2 proxies rejected a resource and keep their previous configuration: shop/web-1 (why) and shop/web-2 (why). Next: ${logs}. 1 proxy has not acknowledged its configuration for 15 s: shop/web-1 (why). Next: ${logs}.`,
    ],
  ])('names them: %s', (_, report, expected) => {
    expect(message({ proxies: makeReport(report) }, 'ProxiesSynced')).toBe(expected);
  });

  it.each<readonly [string, Parameters<typeof makeReport>[0], string]>([
    [
      'late ones',
      { synced: 1, late: 2 },
      `1 of 3 proxies have acknowledged everything; 2 of the others have not acknowledged for 15 s. Next: ${policies}.`,
    ],
    [
      'those behind',
      { synced: 2, late: undefined },
      `2 of 3 proxies have acknowledged everything. Next, if that lasts: ${policies}.`,
    ],
    [
      'those that refuse something',
      { synced: 2, rejected: 1 },
      `2 of 3 proxies have acknowledged everything; 1 rejected a resource and keeps its previous configuration. The status of the policies has the reason. Next: ${policies}.`,
    ],
  ])('counts what an older control plane reports: %s', (_, report, expected) => {
    expect(message({ proxies: makeReport(report) }, 'ProxiesSynced')).toBe(expected);
  });
});

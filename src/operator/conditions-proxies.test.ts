import { describe, expect, it } from '@jest/globals';
import { pods, quiet, shown } from '../../test/build/judged-world.ts';
import { makeReport } from '../../test/build/make-report.ts';
import type { World } from './condition-words.ts';

const behind = makeReport({ synced: 2 });

describe('judge, of proxies', () => {
  it.each<readonly [string, Partial<World>, readonly string[]]>([
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
  ])('%s', (_, world, expected) => {
    expect(shown(world)).toEqual(expected);
  });
});

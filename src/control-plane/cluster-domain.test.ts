import { describe, expect, it } from '@jest/globals';
import { clusterDomainIn } from './cluster-domain.ts';

describe('clusterDomainIn', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['search weft-system.svc.corp.example svc.corp.example corp.example', 'corp.example'],
    ['nameserver 10.96.0.10\nsearch a.svc.cluster.local svc.cluster.local', 'cluster.local'],
    ['nameserver 1.1.1.1', 'cluster.local'],
  ];
  for (const [text, domain] of rows) it(text, () => expect(clusterDomainIn(text)).toBe(domain));
});

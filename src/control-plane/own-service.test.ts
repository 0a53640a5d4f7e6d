import { describe, expect, it } from '@jest/globals';
import type { Service } from '../api/core.ts';
import { followAddresses } from './own-service.ts';

const service = (spec: object): Service =>
  ({ metadata: { name: 'weft-control-plane', namespace: 'mesh' }, spec }) as unknown as Service;

describe('the addresses of the control plane: case 23', () => {
  it('are those of its Service, and the last ones known while there is none', () => {
    const objects = new Map<string, Service>();
    const follow = followAddresses({ objects }, 'mesh');
    const becomes = (spec: object | undefined): readonly string[] => {
      if (spec === undefined) objects.delete('mesh/weft-control-plane');
      else objects.set('mesh/weft-control-plane', service(spec));
      return follow();
    };
    expect(becomes(undefined)).toEqual([]);
    expect(becomes({ clusterIP: 'None', clusterIPs: ['None'] })).toEqual([]);
    expect(becomes({ clusterIP: '10.96.0.7' })).toEqual(['10.96.0.7']);
    const both = ['fd00::7', '10.96.0.7'];
    expect(becomes({ clusterIP: 'fd00::7', clusterIPs: both })).toEqual(both);
    expect(becomes(undefined)).toEqual(both);
    expect(becomes({ clusterIP: 'None', clusterIPs: ['None'] })).toEqual(both);
    expect(becomes({ clusterIPs: ['10.96.0.8'] })).toEqual(['10.96.0.8']);
  });
});

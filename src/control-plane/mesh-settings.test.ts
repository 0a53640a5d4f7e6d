import { describe, expect, it } from '@jest/globals';
import { meshSettings } from './mesh-settings.ts';

const facts = { clusterDomain: 'cluster.local', ipv6: false };

describe('meshSettings', () => {
  it('is closed while there is no MeshConfig', () => {
    expect(meshSettings(undefined, facts)).toMatchObject({ permissive: false, egress: false });
  });

  it('takes the defaults of the CRD for absent fields', () => {
    expect(meshSettings({}, facts)).toMatchObject({
      permissive: true,
      egress: true,
      pathMatch: 'Prefix',
    });
  });

  it('takes the fields that are set', () => {
    const spec = {
      traffic: { enablePermissiveTrafficPolicyMode: false, httpPathMatch: 'Full' as const },
      sidecar: { tlsMinProtocolVersion: 'TLSv1_3' as const },
    };
    const settings = meshSettings(spec, facts);
    expect(settings).toMatchObject({
      permissive: false,
      pathMatch: 'Full',
    });
    expect(settings.tls.minProtocolVersion).toBe('TLSv1_3');
  });
});

describe('words of TLS', () => {
  it('are left out when Envoy does not know them', () => {
    const sidecar = {
      cipherSuites: ['AES128-SHA', 'NONSENSE'],
      ecdhCurves: ['sect571r1', 'P-256'],
    };
    expect(meshSettings({ sidecar }, facts).tls).toMatchObject({
      cipherSuites: ['AES128-SHA'],
      ecdhCurves: ['P-256'],
    });
  });
});

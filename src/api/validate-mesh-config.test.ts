import { describe, expect, it } from '@jest/globals';
import { makeMeshConfig } from '../../test/support/builders/make-mesh-config.ts';
import type { MeshConfig } from './gen/mesh-config.ts';
import { validateSpec } from './validate-mesh-config.ts';

type Spec = MeshConfig['spec'];

function problems(spec: Spec): string[] {
  return validateSpec(makeMeshConfig({ spec })).map(({ kind, field }) => `${kind} ${field}`);
}

describe('validateSpec', () => {
  it('finds nothing wrong with an empty spec', () => {
    expect(problems({})).toEqual([]);
  });

  it.each<readonly [string, Spec]>([
    ['Go durations', { certificate: { serviceCertValidityDuration: '1h30m' } }],
    [
      'cert-manager',
      {
        certificate: {
          provider: { kind: 'certManager', certManager: { issuerRef: { name: 'x' } } },
        },
      },
    ],
    ['a resync of zero', { sidecar: { configResyncInterval: '0s' } }],
    [
      'automatic TLS versions',
      { sidecar: { tlsMinProtocolVersion: 'TLS_AUTO', tlsMaxProtocolVersion: 'TLSv1_2' } },
    ],
    ['IPv6 ranges', { traffic: { outboundIPRangeExclusionList: ['fd00::/8', '10.0.0.0/8'] } }],
    ['tracing on a high port', { observability: { tracing: { port: 65_535 } } }],
    [
      'an external authorization that is off',
      { traffic: { inboundExternalAuthorization: { enable: false } } },
    ],
  ])('accepts %s', (_, spec) => {
    expect(problems(spec)).toEqual([]);
  });

  it.each<readonly [string, Spec, string]>([
    [
      'a duration that is none',
      { certificate: { serviceCertValidityDuration: 'soon' } },
      'certificate.serviceCertValidityDuration',
    ],
    [
      'a duration of zero',
      { certificate: { serviceCertValidityDuration: '0s' } },
      'certificate.serviceCertValidityDuration',
    ],
    [
      'a negative duration',
      { traffic: { inboundExternalAuthorization: { timeout: '-1s' } } },
      'traffic.inboundExternalAuthorization.timeout',
    ],
    [
      'a resync that is no duration',
      { sidecar: { configResyncInterval: '30' } },
      'sidecar.configResyncInterval',
    ],
    [
      'TLS versions in the wrong order',
      { sidecar: { tlsMinProtocolVersion: 'TLSv1_3', tlsMaxProtocolVersion: 'TLSv1_2' } },
      'sidecar.tlsMinProtocolVersion',
    ],
    [
      'TLS too old for the control plane',
      { sidecar: { tlsMinProtocolVersion: 'TLSv1_0', tlsMaxProtocolVersion: 'TLSv1_1' } },
      'sidecar.tlsMaxProtocolVersion',
    ],
    [
      'a cipher suite that Envoy does not know',
      { sidecar: { cipherSuites: ['AES128-SHA', 'TLS_AES_128_GCM_SHA256'] } },
      'sidecar.cipherSuites',
    ],
    [
      'a curve that Envoy does not know',
      { sidecar: { ecdhCurves: ['P-256', 'sect571r1'] } },
      'sidecar.ecdhCurves',
    ],
    ['too few key bits', { certificate: { certKeyBitSize: 1024 } }, 'certificate.certKeyBitSize'],
    ['too many key bits', { certificate: { certKeyBitSize: 8192 } }, 'certificate.certKeyBitSize'],
    [
      'a tracing port beyond all ports',
      { observability: { tracing: { port: 70_000 } } },
      'observability.tracing.port',
    ],
    [
      'a log level that is none',
      { observability: { osmLogLevel: 'loud' } },
      'observability.osmLogLevel',
    ],
    [
      'an octet too large',
      { traffic: { outboundIPRangeInclusionList: ['10.0.0.0/8', '300.0.0.0/8'] } },
      'traffic.outboundIPRangeInclusionList[1]',
    ],
    [
      'a prefix too long',
      { traffic: { outboundIPRangeExclusionList: ['10.0.0.0/33'] } },
      'traffic.outboundIPRangeExclusionList[0]',
    ],
    [
      'an interface name with a shell in it',
      { traffic: { networkInterfaceExclusionList: ['$(reboot)'] } },
      'traffic.networkInterfaceExclusionList[0]',
    ],
    [
      'a provider without its block',
      { certificate: { provider: { kind: 'certManager' } } },
      'certificate.provider.certManager',
    ],
    [
      'Vault without a way to log in',
      { certificate: { provider: { kind: 'vault', vault: { address: 'https://v', role: 'r' } } } },
      'certificate.provider.vault.auth',
    ],
    [
      'an address of Vault that is no URL',
      {
        certificate: {
          provider: {
            kind: 'vault',
            vault: { address: 'https://', role: 'r', auth: { kubernetes: { role: 'r' } } },
          },
        },
      },
      'certificate.provider.vault.address',
    ],
    [
      'an address of Vault with a path',
      {
        certificate: {
          provider: {
            kind: 'vault',
            vault: {
              address: 'https://vault:8200/v1/pki',
              role: 'r',
              auth: { kubernetes: { role: 'r' } },
            },
          },
        },
      },
      'certificate.provider.vault.address',
    ],
    [
      'a patience that is no duration',
      { certificate: { rotation: { setAsideAfter: 'long' } } },
      'certificate.rotation.setAsideAfter',
    ],
    [
      'a propagation that is no duration',
      { certificate: { rotation: { bundlePropagation: '100' } } },
      'certificate.rotation.bundlePropagation',
    ],
    [
      'a name that names no pod',
      { certificate: { rotation: { setAside: ['shop/cart-1', 'cart-1'] } } },
      'certificate.rotation.setAside[1]',
    ],
    [
      'more replicas at least than at most',
      { controlPlane: { autoscaling: { min: 3, max: 2 } } },
      'controlPlane.autoscaling.min',
    ],
    [
      'a budget of both kinds',
      { controlPlane: { podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 } } },
      'controlPlane.podDisruptionBudget',
    ],
  ])('refuses %s', (_, spec, field) => {
    expect(problems(spec)).toEqual([`invalid spec.${field}`]);
  });

  it('reports a feature that does not exist yet, instead of going on without it', () => {
    const spec = { traffic: { inboundExternalAuthorization: { enable: true } } };
    expect(problems(spec)).toEqual([
      'not-available spec.traffic.inboundExternalAuthorization.enable',
    ]);
  });

  it('says what to write instead', () => {
    const [problem] = validateSpec(
      makeMeshConfig({ spec: { certificate: { certKeyBitSize: 1 } } }),
    );
    expect(problem?.message).toBe('1 is out of range; use 2048 to 4096');
  });
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { validateSpec } from '../../../src/api/validate-mesh-config.ts';
import { CommandError } from '../../../tools/base/command.ts';
import { type Rig, getMeshConfig, startRig } from './rig.ts';

jest.setTimeout(60_000);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

function manifest(spec: unknown, version = 'v1alpha2'): string {
  const metadata = { name: 'osm-mesh-config', namespace: 'weft-system' };
  return JSON.stringify({
    apiVersion: `config.openservicemesh.io/${version}`,
    kind: 'MeshConfig',
    metadata,
    spec,
  });
}

function vaultAt(address: string): object {
  return { address, role: 'r', auth: { kubernetes: { role: 'r' } } };
}

async function refusal(spec: unknown): Promise<string> {
  const applied = rig.kubectlApply(manifest(spec));
  const error: unknown = await applied.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof CommandError ? error.output : 'accepted';
}

describe('the schema', () => {
  it('fills in every default, so that what is declared is what is live', async () => {
    await rig.kubectlApply(manifest(undefined));
    const { spec } = (await getMeshConfig(rig)) as MeshConfig;
    expect(spec).toMatchObject({
      meshName: 'osm',
      sidecar: { tlsMinProtocolVersion: 'TLSv1_2', tlsMaxProtocolVersion: 'TLSv1_3' },
      traffic: {
        enableEgress: true,
        enablePermissiveTrafficPolicyMode: true,
        httpPathMatch: 'Prefix',
      },
      certificate: {
        serviceCertValidityDuration: '24h',
        trustDomain: 'cluster.local',
        provider: { kind: 'builtIn' },
      },
      controlPlane: { replicas: 2, podDisruptionBudget: { maxUnavailable: 1 } },
      featureFlags: { enableWASMStats: true, enableRetryPolicy: false },
    });
  });

  it.each(['config/samples/osm-meshconfig.yaml', 'config/samples/meshconfig.yaml'])(
    'takes %s unchanged, and the operator finds nothing wrong with it',
    async (file) => {
      await rig.kubectl('apply', '--validate=strict', '-f', file);
      const meshConfig = (await getMeshConfig(rig)) as MeshConfig;
      expect(validateSpec(meshConfig)).toEqual([]);
    },
  );

  it('still serves v1alpha1, with a warning that names the successor', async () => {
    const old = 'meshconfigs.v1alpha1.config.openservicemesh.io';
    expect(await rig.kubectl('get', old, '-A')).toContain('osm-mesh-config');
    const warning = 'jsonpath={.spec.versions[?(@.deprecated)].deprecationWarning}';
    const crd = 'meshconfigs.config.openservicemesh.io';
    expect(await rig.kubectl('get', 'crd', crd, '-o', warning)).toContain(
      'use config.openservicemesh.io/v1alpha2',
    );
  });

  it.each<readonly [string, unknown, string]>([
    [
      'a mesh name that no label can have',
      { meshName: 'My Mesh' },
      'spec.meshName must be lower-case letters, digits and dashes',
    ],
    ['another mesh name', { meshName: 'blue' }, 'spec.meshName cannot change'],
    [
      'cert-manager without its block',
      { certificate: { provider: { kind: 'certManager' } } },
      'spec.certificate.provider.certManager is missing; add it with an issuerRef',
    ],
    [
      'Vault without its block',
      { certificate: { provider: { kind: 'vault' } } },
      'vault or its auth is missing; add it with an address, a role and auth',
    ],
    [
      'Vault in plaintext',
      { certificate: { provider: { kind: 'vault', vault: { address: 'http://v', role: 'r' } } } },
      'spec.certificate.provider.vault.address must begin with https://',
    ],
    ...['/v1/pki', '?namespace=team', '#top', '\\v1', ' '].map(
      (more) =>
        [
          `Vault at an address with "${more}"`,
          { certificate: { provider: { kind: 'vault', vault: vaultAt(`https://v:8200${more}`) } } },
          'spec.certificate.provider.vault.address takes host and port alone; remove user, path,',
        ] as const,
    ),
    [
      'an autoscaler that cannot',
      { controlPlane: { autoscaling: { min: 3, max: 2 } } },
      'lower min or raise max',
    ],
    [
      'a budget of both kinds',
      { controlPlane: { podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 } } },
      'takes exactly one of minAvailable and maxUnavailable',
    ],
    ['no replica', { controlPlane: { replicas: 0 } }, 'spec.controlPlane.replicas'],
    [
      'an unknown field',
      { traffic: { enableEgres: true } },
      'unknown field "spec.traffic.enableEgres"',
    ],
  ])('refuses %s and says what to do', async (_, spec, message) => {
    expect(await refusal(spec)).toContain(message);
  });
});

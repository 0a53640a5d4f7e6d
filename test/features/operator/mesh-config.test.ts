import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { validateSpec } from '../../../src/api/validate-mesh-config.ts';
import { gatewayCases, gatewaySpec } from '../../support/builders/gateway-secrets.ts';
import { makeMeshConfig } from '../../support/builders/make-mesh-config.ts';
import { CommandError } from '../../../tools/base/command.ts';
import {
  type OperatorRig,
  getMeshConfig,
  startOperatorRig,
} from '../../support/operator/operator-on-api-server.ts';

jest.setTimeout(60_000);

let rig: OperatorRig;
beforeAll(async () => {
  rig = await startOperatorRig();
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

function gatewayOf(...subjectAltNames: string[]): object {
  const secret = { name: 'gateway', namespace: 'ingress' };
  return { ingressGateway: { subjectAltNames, validityDuration: '24h', secret } };
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

  /** What kubectl shows beside the answer. */
  async function warnings(spec: unknown): Promise<string> {
    const file = join(tmpdir(), `weft-warned-${process.pid}.json`);
    await writeFile(file, manifest(spec));
    const applied = rig.kubectl('apply', '--dry-run=server', '--warnings-as-errors', '-f', file);
    const error: unknown = await applied.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await rm(file);
    return error instanceof CommandError ? error.output : '';
  }

  it('warns of each field that has no effect, and of nothing else', async () => {
    const quiet = await warnings({ traffic: { enableEgress: false } });
    expect(quiet).toBe('');
    const loud = await warnings({
      addons: { prometheus: {} },
      observability: { tracing: { enable: true, address: 'jaeger' } },
      dataPlane: { upgrade: { strategy: 'Rolling', maxUnavailable: '10%' } },
      featureFlags: { enableRetryPolicy: true },
    });
    expect(loud.match(/spec\.[A-Za-z.]+ has no effect/g)?.toSorted()).toEqual([
      'spec.addons.prometheus has no effect',
      'spec.dataPlane.upgrade.maxUnavailable has no effect',
      'spec.dataPlane.upgrade.strategy has no effect',
      'spec.featureFlags.enableRetryPolicy has no effect',
      'spec.observability.tracing.enable has no effect',
    ]);
  });

  it('S18: warns of permissive mode when it is switched on, and shows it ever after', async () => {
    await rig.kubectlApply(manifest({ traffic: { enablePermissiveTrafficPolicyMode: false } }));
    const closed = await rig.kubectl('get', 'meshconfig', '-A', '-o', 'wide');
    expect(closed).toMatch(/PERMISSIVE/);
    expect(await warnings({})).toContain('every workload of the mesh may call every other');
    await rig.kubectlApply(manifest({}));
    expect(await warnings({})).toBe('');
  });

  it('still serves v1alpha1, with a warning that names the successor', async () => {
    const old = 'meshconfigs.v1alpha1.config.openservicemesh.io';
    expect(await rig.kubectl('get', old, '-A')).toContain('osm-mesh-config');
    const warning = 'jsonpath={.spec.versions[?(@.deprecated)].deprecationWarning}';
    const crd = 'meshconfigs.config.openservicemesh.io';
    expect(await rig.kubectl('get', 'crd', crd, '-o', warning)).toContain(
      'use config.openservicemesh.io/v1alpha2',
    );
  });

  it("checks a gateway's Secret as the operator does", async () => {
    for (const one of gatewayCases) {
      const spec = gatewaySpec(one);
      const answer = await refusal(spec);
      const [problem] = validateSpec(makeMeshConfig({ spec }));
      expect({ ...one, refused: answer !== 'accepted' }).toEqual({
        ...one,
        refused: problem !== undefined,
      });
      if (one.refused === undefined) continue;
      expect(answer).toContain('spec.certificate.ingressGateway.secret is');
      expect(answer).toContain(one.refused);
      expect(answer).toContain('choose another name, such as ingress-gateway-certificate');
    }
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
          'spec.certificate.provider.vault.address may contain only host and port; remove user, path,',
        ] as const,
    ),
    ...(
      [
        [
          'weft-control-plane.weft-system.svc.cluster.local',
          'must not contain a name of the control plane',
        ],
        ['*.weft-system.svc', 'must not contain a wildcard that covers names of Services'],
        ['*.svc.cluster.local', 'must not contain a wildcard that covers names of Services'],
        ['*.local', 'must not contain a wildcard that covers names of Services'],
        ['*', 'must contain DNS names in lower case'],
        ['*plane.weft-system.svc', 'must contain DNS names in lower case'],
        ['Weft-Control-Plane.weft-system.svc', 'must contain DNS names in lower case'],
      ] as const
    ).map(
      ([name, message]) =>
        [`S7: a gateway called ${name}`, { certificate: gatewayOf(name) }, message] as const,
    ),
    [
      'an autoscaler that cannot',
      { controlPlane: { autoscaling: { min: 3, max: 2 } } },
      'lower min or raise max',
    ],
    [
      'a budget of both kinds',
      { controlPlane: { podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 } } },
      'must have exactly one of minAvailable and maxUnavailable',
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

import { describe, expect, it, jest } from '@jest/globals';
import type { GatewayReport, RootReport } from '../../../src/api/certificate-report.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { injector, patchSpec } from '../../support/operator/mesh-objects.ts';
import { playReport, reportOf } from '../../support/operator/played-report.ts';
import {
  getObject,
  namespace,
  playControlPlane,
  operatorRigOfFile,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

// The gateway's Secret is in a namespace of the user's, where only the control plane may remove it.

jest.setTimeout(90_000);

const rig = operatorRigOfFile();

describe('the end of a mesh with an ingress gateway', () => {
  const secret = { namespace: 'edge', name: 'gateway-cert' };
  const gateway: GatewayReport = { ...secret, trustedStep: 1, signerStep: 1 };

  async function makeMesh(): Promise<void> {
    await rig().kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    const ingressGateway = { subjectAltNames: ['a.example'], validityDuration: '1h', secret };
    await patchSpec(rig(), { certificate: { ingressGateway } });
    await playControlPlane(rig());
    await untilCondition(rig(), 'Ready=True/Ready');
  }
  async function remove(...options: readonly string[]): Promise<void> {
    const which = ['meshconfig', 'osm-mesh-config', '-n', namespace];
    await rig().kubectl('delete', ...which, ...options);
  }

  it('waits for the control plane to remove the Secret, webhooks being gone', async () => {
    await makeMesh();
    await playReport(rig(), { gateway });
    await remove('--wait=false');
    await until(async () => {
      const there = await getObject(rig(), kinds.mutatingWebhookConfiguration, injector);
      return there === undefined;
    });
    const isThere = async (): Promise<boolean> =>
      (await getObject(rig(), kinds.deployment)) !== undefined;
    await staysTrueFor(2_000, 'the deployment', isThere);
    await playReport(rig(), { released: true });
    await until(() => getObject(rig(), kinds.deployment), {
      holds: (answer) => answer === undefined,
      withinMs: 5_000,
    });
  });

  it('comes also when the Secret cannot be removed, and an event says which stays and why', async () => {
    await makeMesh();
    const trouble = { code: 'api-rejected', message: 'secrets is forbidden', since: Date.now() };
    await playReport(rig(), { gateway: { ...gateway, trouble } });
    await remove('--timeout=30s');
    await until(
      async () => {
        const text = await rig().kubectl('get', 'events', '-n', namespace, '--no-headers');
        return /GatewaySecretLeft.*Secret edge\/gateway-cert.*secrets is forbidden/.test(text);
        // The operator itself gives the control plane ten seconds.
      },
      { withinMs: 20_000 },
    );
  });

  it('does not stop the mesh while it lasts: problems of Secrets are reported, and the mesh is ready', async () => {
    await makeMesh();
    const refused = 'Secret edge/gateway-cert already exists; name another Secret';
    const trouble = { code: 'configuration-invalid', message: refused, since: Date.now() };
    await playReport(rig(), { gatewayTrouble: trouble });
    const condition = await untilCondition(rig(), 'CertificatesReady=False/GatewaySecretNotKept');
    expect(condition.message).toMatch(/edge\/gateway-cert already exists; name another Secret/);
    const { roots } = await reportOf(rig());
    const [[name, root]] = Object.entries(roots) as [[string, RootReport]];
    const ofCa = {
      ...trouble,
      code: 'certificate-invalid',
      message: 'Secret weft-system/weft-ca: no',
    };
    await playReport(rig(), { roots: { [name]: { ...root, ready: false, trouble: ofCa } } });
    const unusable = await untilCondition(rig(), 'CertificatesReady=False/CaSecretUnusable');
    expect(unusable.message).toMatch(/weft-system\/weft-ca.*in memory.*Next: put that CA back/);
    await untilCondition(rig(), 'Ready=True/Ready');
    await playReport(rig(), { gateway });
    await untilCondition(rig(), 'CertificatesReady=True/BundlePublished');
    await playReport(rig(), { released: true });
    await remove('--timeout=30s');
  });
});

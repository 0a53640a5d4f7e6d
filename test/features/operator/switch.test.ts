import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { planOf } from '../../../src/api/certificate-plan.ts';
import type { CertificateReport } from '../../../src/api/certificate-report.ts';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../../src/api/gen/mesh-root-certificate.ts';
import { kinds } from '../../../src/api/kinds.ts';
import type { Rule } from '../../../src/operator/access.ts';
import { trustOf } from '../../../src/operator/webhooks.ts';
import { playReport, replaceRoot, reportOf, rootPem } from './played-report.ts';
import {
  getMeshConfig,
  getObject,
  namespace,
  playControlPlane,
  type Rig,
  startRig,
  until,
  untilCondition,
} from './rig.ts';

jest.setTimeout(120_000);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  rig.startOperator();
  await rig.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
  await playControlPlane(rig);
  await untilCondition(rig, 'Ready=True/Ready');
});
afterAll(() => rig.stop());

const builtIn = { kind: 'builtIn' };
const certManager = {
  kind: 'certManager',
  certManager: { issuerRef: { name: 'mesh-ca' } },
};
const vault = {
  kind: 'vault',
  vault: { address: 'https://vault:8200/', role: 'weft', auth: { kubernetes: { role: 'weft' } } },
};

async function edit(certificate: unknown): Promise<void> {
  const patch = JSON.stringify({ spec: { certificate } });
  const which = ['meshconfig', 'osm-mesh-config', '-n', namespace];
  await rig.kubectl('patch', ...which, '--type=merge', '-p', patch);
}

async function status(): Promise<NonNullable<NonNullable<MeshConfig['status']>['certificate']>> {
  return (await getMeshConfig(rig))?.status?.certificate ?? {};
}

function getRoot(name: string): Promise<MeshRootCertificate | undefined> {
  return getObject<MeshRootCertificate>(rig, kinds.meshRootCertificate, name);
}

/** Plays a control plane that follows each step at once, until the status is as wanted; each phase seen. */
async function follow(
  isThere: (phase: string | undefined, to: string | undefined) => boolean,
  onPhase: (phase: string) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const phases: string[] = [];
  let reported = 0;
  await until(async () => {
    const { rotation, plan } = await status();
    if (rotation !== undefined && phases.at(-1) !== rotation.phase) {
      phases.push(rotation.phase);
      await onPhase(rotation.phase);
    }
    if (isThere(rotation?.phase, rotation?.to)) return true;
    if (plan !== undefined && plan.step !== reported) {
      reported = plan.step;
      await playReport(rig);
    }
    return false;
  }, 40_000);
  return phases;
}

/** Until the mesh rests, under a root of this provider. */
async function arrive(provider: string): Promise<string> {
  await until(async () => {
    await follow((phase) => phase === undefined);
    return (await status()).summary === provider;
  }, 40_000);
  return (await status()).root ?? '';
}

async function hold(but: (report: CertificateReport) => Partial<CertificateReport>): Promise<void> {
  await playReport(rig, but(await reportOf(rig)));
}

async function webhookTrust(): Promise<string> {
  const object = await getObject(rig, kinds.mutatingWebhookConfiguration, 'weft-injector-osm');
  return object === undefined ? '' : trustOf(object).join('');
}

async function handed(): Promise<readonly Rule[]> {
  const role = await getObject(rig, kinds.role);
  return (role as unknown as { rules: readonly Rule[] }).rules;
}

const order = ['Preflight', 'TrustBoth', 'SignNew', 'Settle', 'DropOld'];

describe('a switch', () => {
  it('goes through every phase, also when the operator is restarted in each', async () => {
    const [old, fresh] = ['weft-root-1', 'weft-root-2'];
    await edit({ provider: certManager });
    const phases = await follow(
      (phase) => phase === 'DropOld',
      async (phase) => {
        await rig.stopOperator();
        if (phase === 'SignNew') {
          expect(await webhookTrust()).toContain(rootPem(old).trim());
          expect(await webhookTrust()).toContain(rootPem(fresh).trim());
          expect(await status()).toMatchObject({
            summary: expect.stringMatching(/^builtIn → certManager: SignNew \d\/3$/),
            root: fresh,
            plan: { signer: fresh, serverSigner: old, trusted: [old, fresh] },
            rotation: { from: old, to: fresh },
          });
        }
        rig.startOperator();
      },
    );
    expect(phases).toEqual(order);
    expect(await arrive('certManager')).toBe(fresh);
    await until(async () => !(await webhookTrust()).includes(rootPem(old).trim()));
    await until(async () => (await getRoot(old))?.spec.role === 'inactive');
    expect((await getRoot(old))?.status).toMatchObject({ state: 'unused', provider: 'builtIn' });
    await until(async () => (await getRoot(fresh))?.spec.role === 'active');
    const { status: now } = (await getRoot(fresh)) ?? {};
    expect(now?.history?.map(({ state }) => state)).toEqual(['probing', 'validating', 'issuing']);
    expect(now).toMatchObject({ state: 'issuing', roots: rootPem(fresh) });
    await untilCondition(rig, 'Ready=True/Ready');
  });

  it('gave the control plane what it needs for that root, and took the rest away', async () => {
    const rules = await handed();
    const named = rules.flatMap(({ resources = [], resourceNames = [] }) =>
      resources.includes('secrets') ? resourceNames : [],
    );
    expect(named).toEqual(['weft-intermediate-weft-root-2']);
    expect(rules.flatMap(({ resources = [] }) => resources)).toContain('certificaterequests');
    expect(rules.flatMap(({ resources = [] }) => resources)).not.toContain('serviceaccounts/token');
  });

  it.each(order.slice(0, -1))('that is taken back in %s ends where it began', async (phase) => {
    const before = await arrive('certManager');
    await edit({ provider: vault });
    await follow((now) => now === phase);
    await edit({ provider: certManager });
    await follow((_, to) => to === before || to === undefined);
    expect(await arrive('certManager')).toBe(before);
    const { plan } = await status();
    expect(plan).toMatchObject({ signer: before, serverSigner: before, trusted: [before] });
  });

  it('that is led on to a third root in the middle ends there', async () => {
    await edit({ provider: vault });
    await follow((phase) => phase === 'Settle');
    await edit({ provider: builtIn });
    const root = await arrive('builtIn');
    expect((await status()).plan).toMatchObject({ signer: root, trusted: [root] });
  });

  it('tells each phase, the end and the way back by an event', async () => {
    await until(async () => {
      const text = await rig.kubectl('get', 'events', '-n', namespace);
      return [...order, 'Done', 'Back'].every((phase) =>
        text.includes(`CertificateRotation${phase}`),
      );
    });
  });

  it('whose root cannot sign changes nothing, says why, and can be taken back', async () => {
    const { root, plan } = await status();
    await edit({ provider: vault, trustDomain: 'other.example' });
    await until(async () => (await status()).plan?.candidate !== undefined);
    const to = (await status()).plan?.candidate ?? '';
    const trouble = { code: 'x', message: 'no such role', since: Date.now() };
    await hold(({ roots }) => ({ roots: { ...roots, [to]: { ready: false, trouble } } }));
    const { message } = await untilCondition(rig, 'Reconciling=True/PreflightFailed');
    expect(message).toMatch(/no such role.*Nothing else was changed.*set spec\.certificate/);
    await untilCondition(rig, 'Ready=True/Ready');
    expect((await status()).plan).toMatchObject({ signer: root, trusted: plan?.trusted ?? [] });
    await edit({ provider: builtIn, trustDomain: 'cluster.local' });
    expect(await arrive('builtIn')).toBe(root);
  });

  it('waits for a pod that does not answer, names it, and goes on when it is set aside', async () => {
    await edit({ provider: certManager, rotation: { setAsideAfter: '1s' } });
    await follow((phase) => phase === 'TrustBoth');
    const waiting = { acknowledged: 2, total: 3, waiting: ['shop/cart-1'] };
    const lagging = (): Promise<void> =>
      hold((all) => ({
        trust: { ...all.trust, ...waiting },
        leaves: { ...all.leaves, ...waiting },
        channel: { ...all.channel, ...waiting },
        synced: { ...all.synced, ...waiting },
      }));
    await until(async () => {
      await lagging();
      const { conditions = [] } = (await getMeshConfig(rig))?.status ?? {};
      const held = conditions.find(({ reason }) => reason === 'RotationHeld');
      return held?.message.includes('Restart shop/cart-1, or name them in spec.certificate');
    }, 20_000);
    expect((await status()).rotation).toMatchObject({ phase: 'TrustBoth', ...waiting });
    await edit({ rotation: { setAside: ['shop/cart-1'] } });
    await until(async () => {
      await lagging();
      return (await status()).summary === 'certManager';
    }, 40_000);
    await edit({ rotation: { setAside: [], setAsideAfter: '10m' } });
  });

  it('begins by itself when the issuer has another root', async () => {
    const before = (await status()).root ?? '';
    replaceRoot(before);
    await playReport(rig);
    await until(async () => (await status()).rotation !== undefined);
    const after = await arrive('certManager');
    expect(after).not.toBe(before);
    expect((await getRoot(after))?.spec.provider).toEqual((await getRoot(before))?.spec.provider);
  });

  it('never lost the plan when the status was lost: the records tell it', async () => {
    const { root, plan } = await status();
    await rig.stopOperator();
    const ref = { kind: kinds.meshConfig, namespace, name: 'osm-mesh-config' };
    const value = { status: { certificate: null } };
    await rig.admin.merge(ref, { value, subresource: 'status' }, rig.signal);
    rig.startOperator();
    await until(async () => planOf(await getMeshConfig(rig)) !== undefined);
    const now = await status();
    expect(now.plan).toMatchObject({ signer: root, serverSigner: root, trusted: [root] });
    expect(now.plan?.step).toBeGreaterThan(plan?.step ?? 0);
    await playReport(rig);
  });
});

describe("people's own MeshRootCertificates", () => {
  afterEach(() => sleep(100));

  async function apply(name: string, role: string, provider?: unknown): Promise<void> {
    const tresor = { tresor: { ca: { secretRef: { name, namespace } } } };
    const object = {
      apiVersion: 'config.openservicemesh.io/v1alpha2',
      kind: 'MeshRootCertificate',
      metadata: { name, namespace },
      spec: { role, provider: provider ?? tresor },
    };
    await rig.kubectlApply(JSON.stringify(object));
  }

  async function untilState(name: string, state: string): Promise<void> {
    await until(async () => {
      const { plan } = await status();
      if (plan !== undefined) await playReport(rig);
      return (await getRoot(name))?.status?.state === state;
    }, 40_000);
  }

  async function reasonOf(name: string): Promise<string | undefined> {
    const conditions = (await getRoot(name))?.status?.conditions ?? [];
    return conditions.find(({ type }) => type === 'Accepted')?.reason;
  }

  it("lead from root to root by their roles, by OSM's five steps", async () => {
    await apply('mine', 'passive');
    await untilState('mine', 'validating');
    await apply('mine', 'active');
    await untilState('mine', 'issuing');
    expect(await arrive('builtIn')).toBe('mine');
    const ready = await untilCondition(rig, 'CertificatesReady=True/BundlePublished');
    expect(ready.message).toContain('MeshRootCertificate mine decides who signs');
    await apply('next', 'passive');
    await untilState('next', 'validating');
    await apply('next', 'active');
    await sleep(300);
    expect((await status()).root).toBe('mine');
    await apply('mine', 'passive');
    await untilState('next', 'issuing');
    await arrive('builtIn');
    expect((await status()).plan?.trusted).toEqual(['mine', 'next']);
    await apply('mine', 'inactive');
    await untilState('mine', 'unused');
    expect(await arrive('builtIn')).toBe('next');
  });

  it('change nothing when their roles make no sense together', async () => {
    await apply('mine', 'passive');
    await untilState('mine', 'validating');
    await arrive('builtIn');
    const { plan } = await status();
    await apply('third', 'active');
    await until(async () => (await reasonOf('third')) === 'IllegalRoles');
    await playReport(rig);
    await sleep(300);
    const now = (await status()).plan;
    expect([now?.signer, now?.trusted]).toEqual([plan?.signer, plan?.trusted]);
    await rig.kubectl('delete', 'mrc', 'third', '-n', namespace, '--timeout=10s');
    await until(async () => (await reasonOf('mine')) === 'Accepted');
  });

  it.each([
    [
      'InsecureVault',
      { vault: { host: 'v', role: 'r', kubernetesAuth: { role: 'r' }, protocol: 'http' } },
    ],
    ['SecretElsewhere', { tresor: { ca: { secretRef: { name: 'x', namespace: 'default' } } } }],
  ])('are refused with %s, and nothing else changes', async (reason, provider) => {
    const { plan } = await status();
    const name = reason.toLowerCase();
    await apply(name, 'passive', provider);
    await until(async () => (await reasonOf(name)) === reason);
    expect((await getRoot(name))?.status?.state).toBe('refused');
    expect((await status()).plan).toEqual(plan);
    await rig.kubectl('delete', 'mrc', name, '-n', namespace, '--timeout=10s');
  });

  it('are not deleted while they are in use, and an event says why', async () => {
    await rig.kubectl('delete', 'mrc', 'next', '-n', namespace, '--wait=false');
    await until(async () => (await reasonOf('next')) === 'DeletionHeld');
    expect((await getRoot('next'))?.status?.state).toBe('issuing');
    await until(async () => {
      const text = await rig.kubectl('get', 'events', '-n', namespace);
      return text.includes('next signs the certificates of the mesh; it is deleted once nobody');
    });
    await apply('mine', 'active');
    await apply('next', 'passive');
    await untilState('mine', 'issuing');
    await apply('next', 'inactive');
    await until(async () => {
      await playReport(rig);
      return (await getRoot('next')) === undefined;
    }, 40_000);
    expect(await arrive('builtIn')).toBe('mine');
  });

  it('stay when the mesh ends, unused, while those that Weft wrote go', async () => {
    await rig.kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--timeout=60s');
    const left = await rig.admin.list<MeshRootCertificate>(
      kinds.meshRootCertificate,
      { namespace },
      rig.signal,
    );
    expect(left.map(({ metadata }) => metadata.name)).toEqual(['mine']);
    expect(left[0]?.status?.state).toBe('unused');
    expect(left[0]?.metadata.finalizers ?? []).toEqual([]);
    expect(await getObject(rig, kinds.configMap, 'weft-certificates')).toBeUndefined();
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { planOf } from '../../../src/api/certificate-plan.ts';
import { kinds } from '../../../src/api/kinds.ts';
import type { Rule } from '../../../src/operator/access.ts';
import { trustOf } from '../../../src/operator/webhooks.ts';
import { ownRoots } from './own-roots.ts';
import { playReport, replaceRoot, rootPem } from '../../support/operator/played-report.ts';
import {
  arrive,
  edit,
  follow,
  getRoot,
  hold,
  status,
} from '../../support/operator/played-switch.ts';
import {
  getMeshConfig,
  getObject,
  namespace,
  playControlPlane,
  operatorRigOfFile,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(120_000);

const rig = operatorRigOfFile(async (started) => {
  await started.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
  await playControlPlane(started);
  await untilCondition(started, 'Ready=True/Ready');
});

const builtIn = { kind: 'builtIn' };
const certManager = {
  kind: 'certManager',
  certManager: { issuerRef: { name: 'mesh-ca' } },
};
const vault = {
  kind: 'vault',
  vault: { address: 'https://vault:8200/', role: 'weft', auth: { kubernetes: { role: 'weft' } } },
};

async function webhookTrust(): Promise<string> {
  const object = await getObject(rig(), kinds.mutatingWebhookConfiguration, 'weft-injector');
  return object === undefined ? '' : trustOf(object).join('');
}

async function handed(): Promise<readonly Rule[]> {
  const role = await getObject(rig(), kinds.role);
  return (role as unknown as { rules: readonly Rule[] }).rules;
}

const order = ['Preflight', 'TrustBoth', 'SignNew', 'Settle', 'DropOld'];

describe('a switch', () => {
  it('goes through every phase, also when the operator is restarted in each', async () => {
    const [old, fresh] = ['weft-root-1', 'weft-root-2'];
    await edit(rig(), { provider: certManager });
    const phases = await follow(
      rig(),
      (phase) => phase === 'DropOld',
      async (phase) => {
        await rig().stopOperator();
        if (phase === 'SignNew') {
          expect(await webhookTrust()).toContain(rootPem(old).trim());
          expect(await webhookTrust()).toContain(rootPem(fresh).trim());
          expect(await status(rig())).toMatchObject({
            summary: expect.stringMatching(/^builtIn → certManager: SignNew \d\/3$/),
            root: fresh,
            plan: { signer: fresh, serverSigner: old, trusted: [old, fresh] },
            rotation: { from: old, to: fresh },
          });
        }
        rig().startOperator();
      },
    );
    expect(phases).toEqual(order);
    expect(await arrive(rig(), 'certManager')).toBe(fresh);
    await until(async () => !(await webhookTrust()).includes(rootPem(old).trim()));
    await until(async () => (await getRoot(rig(), old))?.spec.role === 'inactive');
    expect((await getRoot(rig(), old))?.status).toMatchObject({
      state: 'unused',
      provider: 'builtIn',
    });
    await until(async () => (await getRoot(rig(), fresh))?.spec.role === 'active');
    const { status: now } = (await getRoot(rig(), fresh)) ?? {};
    expect(now?.history?.map(({ state }) => state)).toEqual(['probing', 'validating', 'issuing']);
    expect(now).toMatchObject({ state: 'issuing', roots: rootPem(fresh) });
    await untilCondition(rig(), 'Ready=True/Ready');
  });

  it('gave the control plane what it needs for that root, and took the rest away', async () => {
    // What the old root needed goes in the reconcile after the reconcile that ends the switch.
    const rules = await until(async () => {
      const now = await handed();
      const named = now.flatMap(({ resources = [], resourceNames = [] }) =>
        resources.includes('secrets') ? resourceNames : [],
      );
      return named.join() === 'weft-intermediate-weft-root-2' && now;
    });
    expect(rules.flatMap(({ resources = [] }) => resources)).toContain('certificaterequests');
    expect(rules.flatMap(({ resources = [] }) => resources)).not.toContain('serviceaccounts/token');
  });

  it.each(order.slice(0, -1))('that is taken back in %s ends where it began', async (phase) => {
    const before = await arrive(rig(), 'certManager');
    await edit(rig(), { provider: vault });
    await follow(rig(), (now) => now === phase);
    await edit(rig(), { provider: certManager });
    await follow(rig(), (_, to) => to === before || to === undefined);
    expect(await arrive(rig(), 'certManager')).toBe(before);
    const { plan } = await status(rig());
    expect(plan).toMatchObject({ signer: before, serverSigner: before, trusted: [before] });
  });

  it('that is led on to a third root in the middle ends there', async () => {
    await edit(rig(), { provider: vault });
    await follow(rig(), (phase) => phase === 'Settle');
    await edit(rig(), { provider: builtIn });
    const root = await arrive(rig(), 'builtIn');
    expect((await status(rig())).plan).toMatchObject({ signer: root, trusted: [root] });
  });

  it('tells each phase, the end and the way back by an event', async () => {
    await until(async () => {
      const text = await rig().kubectl('get', 'events', '-n', namespace);
      return [...order, 'Done', 'Back'].every((phase) =>
        text.includes(`CertificateRotation${phase}`),
      );
    });
  });

  it('whose root cannot sign changes nothing, says why, and can be taken back', async () => {
    const { root, plan } = await status(rig());
    await edit(rig(), { provider: vault, trustDomain: 'other.example' });
    await until(async () => (await status(rig())).plan?.candidate !== undefined);
    const to = (await status(rig())).plan?.candidate ?? '';
    const trouble = { code: 'x', message: 'no such role', since: Date.now() };
    await hold(rig(), ({ roots }) => ({ roots: { ...roots, [to]: { ready: false, trouble } } }));
    const { message } = await untilCondition(rig(), 'Reconciling=True/PreflightFailed');
    expect(message).toMatch(/no such role.*Weft changed nothing else.*set spec\.certificate/);
    await untilCondition(rig(), 'Ready=True/Ready');
    expect((await status(rig())).plan).toMatchObject({
      signer: root,
      trusted: plan?.trusted ?? [],
    });
    await edit(rig(), { provider: builtIn, trustDomain: 'cluster.local' });
    expect(await arrive(rig(), 'builtIn')).toBe(root);
  });

  it('waits for a pod that does not answer, names it, and goes on when it is set aside', async () => {
    await edit(rig(), { provider: certManager, rotation: { setAsideAfter: '1s' } });
    await follow(rig(), (phase) => phase === 'TrustBoth');
    const waiting = { acknowledged: 2, total: 3, waiting: ['shop/cart-1'] };
    const lagging = (): Promise<void> =>
      hold(rig(), (all) => ({
        trust: { ...all.trust, ...waiting },
        leaves: { ...all.leaves, ...waiting },
        channel: { ...all.channel, ...waiting },
      }));
    await until(
      async () => {
        await lagging();
        const { conditions = [] } = (await getMeshConfig(rig()))?.status ?? {};
        const held = conditions.find(({ reason }) => reason === 'RotationHeld');
        return held?.message.includes('Restart shop/cart-1, or list them in spec.certificate');
      },
      { withinMs: 20_000 },
    );
    expect((await status(rig())).rotation).toMatchObject({ phase: 'TrustBoth', ...waiting });
    await edit(rig(), { rotation: { setAside: ['shop/cart-1'] } });
    await until(
      async () => {
        await lagging();
        return (await status(rig())).summary === 'certManager';
      },
      { withinMs: 40_000 },
    );
    await edit(rig(), { rotation: { setAside: [], setAsideAfter: '10m' } });
  });

  it('begins without a user when the issuer has another root', async () => {
    const before = (await status(rig())).root ?? '';
    replaceRoot(before);
    await playReport(rig());
    await until(async () => (await status(rig())).rotation !== undefined);
    const after = await arrive(rig(), 'certManager');
    expect(after).not.toBe(before);
    expect((await getRoot(rig(), after))?.spec.provider).toEqual(
      (await getRoot(rig(), before))?.spec.provider,
    );
  });

  it('never lost the plan when the status was lost: the records tell it', async () => {
    const { root, plan } = await status(rig());
    await rig().stopOperator();
    const ref = { kind: kinds.meshConfig, namespace, name: 'osm-mesh-config' };
    const value = { status: { certificate: null } };
    await rig().admin.merge(ref, { value, subresource: 'status' }, rig().signal);
    rig().startOperator();
    await until(async () => planOf(await getMeshConfig(rig())) !== undefined);
    const now = await status(rig());
    expect(now.plan).toMatchObject({ signer: root, serverSigner: root, trusted: [root] });
    expect(now.plan?.step).toBeGreaterThan(plan?.step ?? 0);
    await playReport(rig());
  });
});

describe("people's own MeshRootCertificates", () => ownRoots(rig));

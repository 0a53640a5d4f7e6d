import { expect, it } from '@jest/globals';
import { readMeshConfig, replaceProvider } from '../../tools/issuers/follow-switch.ts';
import { isSettled } from '../../tools/issuers/settled.ts';
import {
  builtInProvider,
  certManagerProvider,
  vaultProvider,
} from '../../tools/issuers/provider.ts';
import { figure } from './figure.ts';
import { handshake, nobody } from './handshakes.ts';
import { hasten, kill, type Phase, phases, podsOf, switchTo, system } from './switch-steps.ts';
import { apiPace, rolledOut, typed, type TestCluster } from './test-cluster.ts';
import { until } from '../support/time/until.ts';

const controlPlane = 'app.kubernetes.io/name=weft-control-plane';

/** The provider of certificates is switched while the operator, replicas and pods come and go. */
export function providerSwitches(world: () => TestCluster): void {
  toEachProvider(world);
  editsBack(world);
}

function toEachProvider(world: () => TestCluster): void {
  it('make demo-switch: to cert-manager, to Vault and back, and the bookbuyer buys on', async () => {
    const out = await typed(world(), 'make demo-switch');
    // The demo sets the time that suits any local cluster.
    await hasten(world());
    const last = out.trim().split('\n').at(-1) ?? '';
    figure(`make demo-switch: ${last}`);
    expect(last).toMatch(/^3 switches, [1-9]\d* books bought, 0 failed$/);
  }, 400_000);

  it('the operator killed at each phase: the next one goes on, and the wire shows each step', async () => {
    const seen = new Map<Phase, string>();
    const before = await handshake(world(), nobody);
    const { stages } = await switchTo(world(), {
      title: 'to Vault, operator killed at each phase',
      to: vaultProvider('pki'),
      atPhase: async (phase) => {
        await kill(
          world(),
          system,
          await podsOf(world(), system, 'app.kubernetes.io/name=weft-operator'),
        );
        seen.set(phase, (await handshake(world(), nobody)).issuer);
      },
    });
    figure(`who signed on the wire: ${[...seen].map((one) => one.join(' ')).join(', ')}`);
    expect(new Set(stages.map(({ rotation }) => rotation.phase))).toEqual(new Set(phases));
    // A handshake may end in a later phase than it began in, so only the order is held of those in between.
    expect(before.issuer).toMatch(/^weft-ca-/);
    expect([...seen.values()].join(' ')).toMatch(/^(weft-ca-\S+ )*(weft-intermediate-\S+ ?)+$/);
    expect(seen.get('Settle')).toMatch(/^weft-intermediate-/);
    const after = await handshake(world(), nobody);
    expect(after.issuer).toMatch(/^weft-intermediate-/);
    expect(after.subjectAltName).toContain('URI:spiffe://cluster.local/ns/bookstore/sa/bookstore');
  }, 300_000);

  it('a replica of the control plane killed at each phase: its proxies go on at the other', async () => {
    await switchTo(world(), {
      title: 'to cert-manager, a replica killed at each phase',
      to: certManagerProvider('mesh-ca'),
      atPhase: async () =>
        kill(world(), system, (await podsOf(world(), system, controlPlane)).slice(0, 1)),
    });
  }, 300_000);

  it('pods that start at each phase take part in the traffic at once', async () => {
    let replicas = 2;
    await switchTo(world(), {
      title: 'to the built-in authority, a pod started at each phase',
      to: builtInProvider(),
      atPhase: async () => {
        replicas += 1;
        const count = `--replicas=${replicas}`;
        await world().kubectl.run('scale', '-n', 'load', 'deployment/server', count);
      },
    });
    await rolledOut(world(), 'load', 'deployment/server');
    expect(await podsOf(world(), 'load', 'app=server')).toHaveLength(replicas);
  }, 300_000);
}

function editsBack(world: () => TestCluster): void {
  it.each(['TrustBoth', 'SignNew', 'Settle'] as const)(
    'an edit back in %s brings the mesh back',
    async (phase) => {
      const before = (await readMeshConfig(world())).status?.certificate?.root;
      await goBackAt(world(), phase);
      const { status } = await readMeshConfig(world());
      expect(status?.certificate).toMatchObject({ root: before, provider: 'builtIn' });
      expect(status?.certificate?.plan?.trusted).toEqual([before]);
    },
    300_000,
  );
}

/** Begins a switch to Vault, and takes it back when it is in that phase; resolves when all is as before. */
async function goBackAt(world: TestCluster, phase: Phase): Promise<void> {
  await replaceProvider(world, vaultProvider('pki'));
  await until(
    async () => {
      const { status } = await readMeshConfig(world);
      return status?.certificate?.rotation?.phase === phase;
    },
    { what: `the switch to be in ${phase}`, withinMs: 120_000, ...apiPace },
  );
  await replaceProvider(world, builtInProvider());
  await until(async () => isSettled(await readMeshConfig(world)), {
    what: 'the mesh to be back',
    withinMs: 180_000,
    ...apiPace,
  });
}

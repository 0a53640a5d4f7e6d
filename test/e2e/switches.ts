import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readMeshConfig, replaceProvider } from '../../tools/issuers/follow-switch.ts';
import { isSettled } from '../../tools/issuers/settled.ts';
import {
  builtInProvider,
  certManagerProvider,
  vaultProvider,
} from '../../tools/issuers/provider.ts';
import { installIssuers, type Issuers } from '../../tools/issuers/up.ts';
import { type Load, prepareLoad, startLoad } from '../load/load.ts';
import { figure } from './figure.ts';
import { openOutside } from './guests.ts';
import {
  hasten,
  kill,
  type Phase,
  phases,
  podsOf,
  sidecarProcess,
  switchTo,
  system,
} from './switch-steps.ts';
import { handshake, nobody } from './handshakes.ts';
import { clusterName, rolledOut, typed, type TestCluster } from './test-cluster.ts';
import { until } from '../support/time/until.ts';
import { letPass } from '../support/time/let-pass.ts';

/** Requests a second, beside all else that the machine does meanwhile. */
const rate = 200;
const controlPlane = 'app.kubernetes.io/name=weft-control-plane';

/** Roots are switched under load while things break; no request may fail in all of it. */
export function switches(world: () => TestCluster): void {
  let issuers: Issuers | undefined;
  let load: Load | undefined;

  beforeAll(async () => {
    await hasten(world());
    issuers = await installIssuers(clusterName);
    await Promise.all([prepareLoad(world()), openOutside(world())]);
    load = await startLoad(world(), { rate });
  }, 300_000);

  afterAll(async () => {
    await issuers?.close();
    await world().kubectl.run('delete', 'namespace', 'load', 'cert-manager', 'openbao');
  }, 120_000);

  it('make demo-switch: to cert-manager, to Vault and back, and the bookbuyer buys on', async () => {
    const out = await typed(world(), 'make demo-switch');
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

  it('a proxy that does not answer holds the switch and is named, until it answers', async () => {
    const store = await frozen(world(), 'bookstore');
    const held = heldBy(world(), store.name).finally(store.thaw);
    const switched = switchTo(world(), { title: 'a frozen proxy', to: vaultProvider('pki-2') });
    figure(`held by a frozen proxy: ${await held}`);
    const { stages } = await switched;
    expect(stages.at(-1)?.rotation.phase).toBe('DropOld');
  }, 300_000);

  it('a proxy frozen at each phase: whoever owes an answer is waited for, and the rest goes on', async () => {
    const seen = new Map<Phase, string>();
    // Preflight is over within a second: this one is found and stopped before.
    const early = await frozen(world(), frozenAt.Preflight.app);
    await switchTo(world(), {
      title: 'a proxy frozen at each phase',
      to: certManagerProvider('mesh-ca'),
      atPhase: async (phase) => {
        const { app, ms } = frozenAt[phase];
        const pod = phase === 'Preflight' ? early : await frozen(world(), app);
        try {
          await letPass(ms, 'the switch goes on without the frozen proxy');
          const { status } = await readMeshConfig(world());
          const { phase: now = 'over', waiting = [] } = status?.certificate?.rotation ?? {};
          seen.set(phase, waiting.includes(pod.name) ? `named in ${now}` : `not named, ${now}`);
        } finally {
          pod.thaw();
        }
      },
    });
    figure(`frozen in: ${[...seen].map(([phase, what]) => `${phase} (${what})`).join('; ')}`);
    // These cannot have answered before they were frozen; the others may have, in the same moment.
    expect(seen.get('Preflight')).toBe('named in TrustBoth');
    expect(seen.get('Settle')).toBe('named in Settle');
    expect(new Set(seen.keys())).toEqual(new Set(phases));
  }, 300_000);

  it('a proxy set aside explicitly, after the deadline, holds nothing any more', async () => {
    const store = await frozen(world(), 'bookstore');
    try {
      await hasten(world(), { setAsideAfter: '10s', setAside: [store.name] });
      await switchTo(world(), { title: 'a proxy set aside', to: builtInProvider() });
    } finally {
      store.thaw();
      await hasten(world());
    }
  }, 300_000);

  it('RSA keys, and back to ECDSA', async () => {
    const rsa = { keyAlgorithm: 'RSA', certKeyBitSize: 2048 };
    await switchTo(world(), { title: 'ECDSA to RSA', to: { certificate: rsa } });
    expect((await handshake(world(), nobody)).key).toBe('RSA 2048');
    const ecdsa = { keyAlgorithm: 'ECDSA' };
    await switchTo(world(), { title: 'RSA to ECDSA', to: { certificate: ecdsa } });
    expect((await handshake(world(), nobody)).key).toBe('EC 256');
  }, 400_000);

  it('another trust domain and back: both are accepted on the way, and the wire shows the new one', async () => {
    await switchTo(world(), {
      title: 'another trust domain',
      to: { certificate: { trustDomain: 'mesh.example' } },
    });
    const { subjectAltName } = await handshake(world(), nobody);
    figure(`in another trust domain: ${subjectAltName}`);
    expect(subjectAltName).toContain('URI:spiffe://mesh.example/ns/bookstore/sa/bookstore');
    await switchTo(world(), {
      title: 'back to the first trust domain',
      to: { certificate: { trustDomain: 'cluster.local' } },
    });
  }, 400_000);

  it('in all of this no request failed', async () => {
    const totals = (await load?.stop()) ?? {};
    for (const [kind, { sent, failed, p99, firstFailures }] of Object.entries(totals)) {
      const reasons = firstFailures.map(({ atMs, reason }) => `${atMs} ${reason}`).join('; ');
      figure(`switches, ${kind}: ${failed} of ${sent} failed, p99 ${p99} ms ${reasons}`);
    }
    expect(Object.values(totals).map(({ failed }) => failed)).toEqual(
      Object.values(totals).map(() => 0),
    );
  }, 120_000);
}

/**
 * Whose sidecar is frozen at the first sight of a phase, and for how long: another one each time, for
 * phases follow each other within a second. Who serves nothing and may call nobody has no
 * certificate to wait for, but a stream it has: bookwarehouse and bookstore serve. In Settle streams are closed after some ten seconds.
 */
const frozenAt: Readonly<Record<Phase, { readonly app: string; readonly ms: number }>> = {
  Preflight: { app: 'bookwarehouse', ms: 8_000 },
  TrustBoth: { app: 'bookstore', ms: 8_000 },
  SignNew: { app: 'bookbuyer', ms: 8_000 },
  Settle: { app: 'bookthief', ms: 18_000 },
  DropOld: { app: 'bookbuyer', ms: 8_000 },
};

interface Frozen {
  readonly name: string;
  readonly thaw: () => void;
}

/** A pod of the demo whose sidecar does nothing until it is thawed. */
async function frozen(world: TestCluster, app: string): Promise<Frozen> {
  const [pod = ''] = await podsOf(world, app, `app=${app}`);
  const pid = await sidecarProcess(app, pod);
  process.kill(pid, 'SIGSTOP');
  return { name: `${app}/${pod}`, thaw: () => void process.kill(pid, 'SIGCONT') };
}

/** Waits until the switch waits for nobody but that pod, and goes on doing so; gives what the status says. */
async function heldBy(world: TestCluster, pod: string): Promise<string> {
  let since = 0;
  return until(
    async () => {
      const { status } = await readMeshConfig(world);
      const rotation = status?.certificate?.rotation;
      const isHeld = rotation?.phase === 'TrustBoth' && rotation.waiting?.join() === pod;
      if (!isHeld) since = 0;
      else since ||= Date.now();
      return isHeld && Date.now() - since > 5_000 ? rotation.message : undefined;
    },
    { what: `the switch to be held by ${pod}`, withinMs: 120_000 },
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
    { what: `the switch to be in ${phase}`, withinMs: 120_000 },
  );
  await replaceProvider(world, builtInProvider());
  await until(async () => isSettled(await readMeshConfig(world)), {
    what: 'the mesh to be back',
    withinMs: 180_000,
  });
}

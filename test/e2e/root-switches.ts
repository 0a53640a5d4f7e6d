import { expect, it } from '@jest/globals';
import { readMeshConfig } from '../../tools/issuers/follow-switch.ts';
import {
  builtInProvider,
  certManagerProvider,
  vaultProvider,
} from '../../tools/issuers/provider.ts';
import { figure } from './figure.ts';
import { handshake, nobody } from './handshakes.ts';
import { hasten, type Phase, phases, podsOf, sidecarProcess, switchTo } from './switch-steps.ts';
import { apiPace, type TestCluster } from './test-cluster.ts';
import { letPass } from '../support/time/let-pass.ts';
import { until } from '../support/time/until.ts';

/** Roots are switched while proxies do not answer; to other keys, and to another trust domain. */
export function rootSwitches(world: () => TestCluster): void {
  frozenProxies(world);
  otherCertificates(world);
}

function frozenProxies(world: () => TestCluster): void {
  it('a proxy that does not answer holds the switch and is named, until it answers', async () => {
    const store = await frozen(world(), 'bookstore');
    const held = heldBy(world(), store.name).finally(store.thaw);
    const switched = switchTo(world(), { title: 'a frozen proxy', to: vaultProvider('pki-2') });
    figure(`held by a frozen proxy: ${await held}`);
    const { stages } = await switched;
    expect(stages.at(-1)?.rotation.phase).toBe('DropOld');
  }, 300_000);

  it('a proxy frozen at each phase: the switch waits for a proxy that owes an answer, and the rest goes on', async () => {
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
}

function otherCertificates(world: () => TestCluster): void {
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
}

/**
 * Whose sidecar is frozen at the first sight of a phase, and for how long: another one each time, for
 * phases follow each other within a second. A workload that serves nothing and may call no workload has no
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
  const pid = await sidecarProcess(world, app, pod);
  process.kill(pid, 'SIGSTOP');
  return { name: `${app}/${pod}`, thaw: () => void process.kill(pid, 'SIGCONT') };
}

/** Waits until the switch waits only for that pod, and goes on waiting; returns what the status says. */
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
    { what: `the switch to be held by ${pod}`, withinMs: 120_000, ...apiPace },
  );
}

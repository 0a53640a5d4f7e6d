import { afterEach, describe, expect, it } from '@jest/globals';
import { problemOfIssued } from '../../../src/certificates/leaves/leaf-check.ts';
import { probe } from '../../../src/certificates/plan/probe.ts';
import { systemClock, type Clock } from '../../../src/common/clock.ts';
import { certificatesFrom } from '../../support/certificates/make-authority.ts';
import { issue, ready, trouble, workloadRequest } from '../../support/issuers/ask-issuer.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { intermediateSecret, putSecret } from '../../support/issuers/start-issuer.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { makeMeshPki } from '../../support/issuers/mesh-pki.ts';
import { startVaultRig } from '../../support/issuers/mesh-with-vault.ts';
import { until } from '../../support/time/until.ts';

// The intermediate that replicas share, and the root that was recorded for it.

const hourMs = 3_600_000;

const vault = ofFile(() => startVaultRig('provider-intermediates'), 60_000);
const { start } = issuersOfFile(() => vault().wishes);

describe('an intermediate of Vault', () => {
  const ahead = { ms: 0 };
  const clock: Clock = {
    now: () => Date.now() + ahead.ms,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  };
  afterEach(() => {
    ahead.ms = 0;
  });

  it('is shared by replicas, renewed by one of them, and leaves no leaf without trust', async () => {
    const own = await makeMeshPki(vault().bao, vault().api, 'provider-renewal');
    const root = own.root({ mode: 'intermediate', issuer: 'root-1' });
    const wishes = { namespace: own.namespace, clock };
    const replicas = await Promise.all([1, 2, 3].map(() => start(root, wishes)));
    const signers = (): (string | undefined)[] =>
      replicas.map(({ issuer }) => issuer.authority()?.signer);
    await until(() => signers().every((one) => one !== undefined), { withinMs: 20_000 });
    const [before] = signers();
    expect(new Set(signers()).size).toBe(1);
    const { notAfter } = replicas[0]!.issuer.authority()!;
    expect(notAfter - Date.now()).toBeGreaterThan(6.9 * 24 * hourMs);
    const old = await issue(replicas[0]!, { validityMs: 200 * hourMs });
    expect(old.notAfter).toBeLessThanOrEqual(notAfter);

    ahead.ms = 5.5 * 24 * hourMs;
    await putSecret(vault().api, { namespace: own.namespace, name: intermediateSecret }, {});
    await until(() => signers().every((one) => one !== before && one === signers()[0]), {
      withinMs: 70_000,
    });
    const { bundle } = replicas[1]!.issuer.authority()!;
    expect(bundle.pem).toBe(certificatesFrom(own.pki.root)[0]!.pem);
    const wished = { ...workloadRequest, validityMs: 200 * hourMs };
    expect(problemOfIssued(old, wished, { bundle, now: clock.now() })).toBeUndefined();
    const next = await issue(replicas[2]!);
    expect(problemOfIssued(next, workloadRequest, { bundle, now: clock.now() })).toBeUndefined();
  }, 100_000);

  it('is of the wished key, under a root of another', async () => {
    const own = await makeMeshPki(vault().bao, vault().api, 'provider-rsa');
    const key = { algorithm: 'RSA', bits: 2048 } as const;
    const root = own.root({ mode: 'intermediate' });
    const one = await ready(await start(root, { namespace: own.namespace, key }));
    const found = await probe(one.issuer, { ...one, clock: systemClock }, AbortSignal.timeout(9e3));
    expect(found).toMatchObject({
      ok: true,
      authority: {
        bundle: { roots: [{ fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
      },
    });
    const leaf = await issue(one, { keyKind: 'RSA-2048' });
    const types = certificatesFrom(leaf.certificateChain).map(
      ({ publicKey }) => publicKey.asymmetricKeyType,
    );
    expect(types).toEqual(['rsa', 'rsa']);
  });
});

describe('a recorded root', () => {
  it.each(['leaf', 'intermediate'] as const)('stays in force in mode %s', async (mode) => {
    const own = await makeMeshPki(vault().bao, vault().api, `provider-pinned-${mode}`);
    const wishes = {
      namespace: own.namespace,
      pinnedRoots: own.pki.root,
      times: { pollIntervalMs: 200 },
    };
    const one = await ready(await start(own.root({ mode }), wishes));
    const good = one.issuer.authority()!;
    const next = await own.pki.replaceRoot();
    if (mode === 'intermediate') await one.removeSecret(intermediateSecret);
    await until(() => one.issuer.lastFailure() !== undefined, { withinMs: 20_000 });
    const { code, message } = one.issuer.lastFailure()!;
    expect(code).toBe('root-changed');
    for (const pem of [own.pki.root, next])
      expect(message).toContain(certificatesFrom(pem)[0]!.fingerprint);
    expect(one.issuer.authority()).toMatchObject({ signer: good.signer, bundle: good.bundle });
    if (mode === 'intermediate') {
      expect((await issue(one)).signer).toBe(good.signer);
      const fresh = await start(own.root({ mode }), wishes);
      expect(await trouble(fresh)).toMatchObject({ code: 'root-changed' });
    } else await expect(issue(one)).rejects.toMatchObject({ code: 'root-changed' });
  });
});

import { inspect } from 'node:util';
import { afterEach, expect, it } from '@jest/globals';
import { kinds } from '../../../src/api/kinds.ts';
import { createLeafStore } from '../../../src/certificates/leaves/leaf-store.ts';
import { caSecret } from '../../../src/api/control-plane-names.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import { makeIntermediate, makeRoot } from '../../support/certificates/make-authority.ts';
import { startBuiltIn, type BuiltInReplica } from '../../support/issuers/built-in-on-api-server.ts';
import { recordLog } from '../../support/issuers/log-record.ts';
import { until } from '../../support/time/until.ts';

const replicas: BuiltInReplica[] = [];
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
});

const { logger, lines: sink } = recordLog(
  (fields) => `${JSON.stringify(fields)} ${inspect(fields, { depth: 9 })}`,
);

async function start(namespace: string): Promise<BuiltInReplica> {
  const replica = await startBuiltIn(namespace, { logger });
  replicas.push(replica);
  return replica;
}

const signers = (): (string | undefined)[] =>
  replicas.map(({ issuer }) => issuer.authority()?.signer);

it('makes one root when five replicas start at once on an empty namespace', async () => {
  await Promise.all([1, 2, 3, 4, 5].map(() => start('certificates-race')));
  await until(() => signers().every((signer) => signer !== undefined), { withinMs: 20_000 });
  expect(new Set(signers()).size).toBe(1);
  const secret = await replicas[0]!.secret();
  expect(secret).toMatchObject({ type: 'kubernetes.io/tls' });
  expect(Object.keys(secret!.data!).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
});

it('keeps its root over a restart of every replica', async () => {
  const first = await start('certificates-restart');
  await until(() => first.issuer.authority() !== undefined, { withinMs: 20_000 });
  const { signer } = first.issuer.authority()!;
  await replicas.pop()!.stop();
  const second = await start('certificates-restart');
  await until(() => second.issuer.authority() !== undefined, { withinMs: 20_000 });
  expect(second.issuer.authority()!.signer).toBe(signer);
});

it('uses the chain that a person put there before the mesh', async () => {
  const before = await start('certificates-own');
  await until(() => before.issuer.authority() !== undefined, { withinMs: 20_000 });
  const ca = makeIntermediate(makeRoot());
  await before.put(ca);
  await replicas.pop()!.stop();
  const after = await start('certificates-own');
  await until(() => after.issuer.authority() !== undefined, { withinMs: 20_000 });
  expect(after.issuer.authority()).toMatchObject({
    signer: ca.certificate.fingerprint,
    bundle: { pem: ca.root.pem },
  });
});

it('follows a replaced Secret on every replica, down to the leaves', async () => {
  const [one, other] = [await start('certificates-replaced'), await start('certificates-replaced')];
  const store = createLeafStore({
    issuer: one.issuer,
    clock: systemClock,
    random: Math.random,
    logger,
    trustDomain: () => 'cluster.local',
    validity: () => 3_600_000,
  });
  const end = new AbortController();
  const ended = store.run(end.signal);
  const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
  await until(() => store.leafOf(account) !== undefined, { withinMs: 20_000 });
  const root = makeRoot();
  await other.put(root);
  await until(() => signers().every((signer) => signer === root.certificate.fingerprint), {
    withinMs: 20_000,
  });
  await until(() => store.leafOf(account)!.signer === root.certificate.fingerprint, {
    withinMs: 20_000,
  });
  end.abort();
  await ended;
});

it('reports a Secret that cannot sign, goes on with the last, and puts back a deleted one', async () => {
  const replica = await start('certificates-trouble');
  const { issuer } = replica;
  await until(() => issuer.authority() !== undefined, { withinMs: 20_000 });
  const good = issuer.authority()!;
  await replica.put(makeIntermediate(makeRoot(), { notAfter: Date.now() - 1000 }));
  await until(() => issuer.lastFailure() !== undefined, { withinMs: 20_000 });
  expect(issuer.lastFailure()).toMatchObject({ code: 'certificate-invalid' });
  expect(issuer.lastFailure()!.message).toContain('expired');
  expect(issuer.authority()).toBe(good);

  const ref = { kind: kinds.secret, namespace: 'certificates-trouble', name: caSecret };
  await replica.api.remove(ref, {}, AbortSignal.timeout(10_000));
  await until(() => issuer.lastFailure() === undefined, { withinMs: 20_000 });
  const again = await start('certificates-trouble');
  await until(() => again.issuer.authority() !== undefined, { withinMs: 20_000 });
  expect(again.issuer.authority()!.signer).toBe(good.signer);
});

it('wrote no key to any log', () => {
  expect(sink.length).toBeGreaterThan(20);
  expect(sink.join('\n')).not.toMatch(/PRIVATE KEY|UFJJVkFURSBLRVk|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW/);
});

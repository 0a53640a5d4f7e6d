import { beforeEach, describe, expect, it } from '@jest/globals';
import { makeNamedRoot } from '../../../test/support/builders/make-named-root.ts';
import { FakeClock } from '../../../test/support/time/fake-clock.ts';
import { FakeIssuer } from '../../../test/support/issuers/fake-issuer.ts';
import { silentLogger } from '../../common/logger.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { LeafRequest, RunningIssuer } from '../issuer.ts';
import { rootOfSigner, type IssuingPlan, type NamedRoot } from '../issuing-plan.ts';
import { PlannedIssuers } from './planned-issuers.ts';

const request: LeafRequest = {
  subject: { kind: 'workload', trustDomain: 'cluster.local', account: 'shop/cart' as IdentityKey },
  validityMs: 3_600_000,
  keyKind: 'P-256',
};

/** Lets all started work go as far as it can without another event. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('issuers that follow a plan', () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  let opened: Map<string, FakeIssuer>;
  let running: Set<FakeIssuer>;
  let ready: boolean;
  let issuers: PlannedIssuers;
  let over: AbortController;
  let roots: Record<'a' | 'b', FakeIssuer>;

  function open({ name, pinned }: NamedRoot): RunningIssuer {
    const issuer = ready ? roots[name as 'a' | 'b'] : new FakeIssuer(clock);
    opened.set(`${name} ${pinned ?? ''}`, issuer);
    return {
      issue: (wanted, signal) => issuer.issue(wanted, signal),
      authority: () => issuer.authority(),
      onChange: (callback) => issuer.onChange(callback),
      lastFailure: () => issuer.lastFailure(),
      run: async (signal) => {
        running.add(issuer);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        running.delete(issuer);
      },
    };
  }

  function makeRoot(name: 'a' | 'b'): NamedRoot {
    return makeNamedRoot(name, roots[name].authority()?.bundle.pem);
  }

  function makePlan(
    signer: NamedRoot,
    trusted: readonly NamedRoot[],
    server = signer,
  ): IssuingPlan {
    return {
      step: 1,
      ...{ signer, signerStep: 1, serverSigner: server, serverStep: 1 },
      ...{ trusted, trustedStep: 1, candidate: undefined },
    };
  }

  beforeEach(async () => {
    opened = new Map();
    running = new Set();
    ready = true;
    roots = { a: await FakeIssuer.ready(clock), b: await FakeIssuer.ready(clock) };
    issuers = new PlannedIssuers(open, silentLogger);
    over = new AbortController();
    void issuers.run(over.signal);
  });

  it('have no authority before there is a plan', async () => {
    expect(issuers.workloads.authority()).toBeUndefined();
    await expect(issuers.workloads.issue(request, over.signal)).rejects.toMatchObject({
      code: 'issuer-unavailable',
    });
  });

  it('sign by the signer and trust all that is trusted', async () => {
    const [a, b] = [makeRoot('a'), makeRoot('b')];
    issuers.follow(makePlan(b, [a, b], a));
    expect(issuers.workloads.authority()?.bundle.roots).toHaveLength(2);
    const leaf = await issuers.workloads.issue(request, over.signal);
    expect(rootOfSigner(leaf.signer)).toBe('b');
    expect(leaf.signer).toBe(issuers.workloads.authority()?.signer);
    const server = await issuers.servers.issue(request, over.signal);
    expect(rootOfSigner(server.signer)).toBe('a');
  });

  it("sign for no other trust domain than the signer's, which no proxy would trust", async () => {
    const a = makeRoot('a');
    const moved = { ...a, root: { ...a.root, trustDomain: 'b.example' } };
    issuers.follow(makePlan(moved, [a, moved]));
    await expect(issuers.workloads.issue(request, over.signal)).rejects.toMatchObject({
      code: 'issuer-unavailable',
      retry: 'soon',
    });
    expect(issuers.trust()?.domains.map(({ trustDomain }) => trustDomain)).toEqual([
      'b.example',
      'cluster.local',
    ]);
  });

  it('trust the pinned roots, whatever the issuer answers', () => {
    ready = false;
    const [a, b] = [makeRoot('a'), makeRoot('b')];
    issuers.follow(makePlan(a, [a, b]));
    expect(issuers.bundle()?.roots).toHaveLength(2);
    expect(issuers.workloads.authority()).toBeUndefined();
  });

  it('keep an issuer open until the issuer with another pin knows its root', async () => {
    issuers.follow(makePlan({ ...makeRoot('a'), pinned: undefined }, [makeRoot('a')]));
    const before = issuers.workloads.authority();
    ready = false;
    issuers.follow(makePlan(makeRoot('a'), [makeRoot('a')]));
    expect(issuers.workloads.authority()?.signer).toBe(before?.signer);
    expect(running).toContain(roots.a);
    const next = opened.get(`a ${makeRoot('a').pinned ?? ''}`);
    await next?.replaceRoot();
    expect(issuers.workloads.authority()?.signer).not.toBe(before?.signer);
    await settled();
    expect(running).not.toContain(roots.a);
  });

  it('close what no plan needs any more', async () => {
    const [a, b] = [makeRoot('a'), makeRoot('b')];
    issuers.follow(makePlan(a, [a, b]));
    issuers.follow(makePlan(b, [b]));
    await settled();
    expect([...running]).toEqual([roots.b]);
    expect(issuers.forRoot('a')).toBeUndefined();
    over.abort();
    await settled();
    expect(running.size).toBe(0);
  });

  it('notify when the plan or an issuer changed, and are the same object otherwise', async () => {
    let calls = 0;
    issuers.workloads.onChange(() => (calls += 1));
    const plan = makePlan(makeRoot('a'), [makeRoot('a')]);
    issuers.follow(plan);
    issuers.follow(plan);
    expect(calls).toBe(1);
    expect(issuers.workloads.authority()).toBe(issuers.workloads.authority());
    await roots.a.replaceRoot();
    expect(calls).toBe(2);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  authorityPem,
  makeIntermediate,
  makeRoot,
} from '../../../test/support/certificates/make-authority.ts';
import { settle } from '../../../test/support/time/fake-clock.ts';
import { SecretApi } from '../../../test/support/fakes/secret-api.ts';
import { SteppingClock } from '../../../test/support/time/stepping-clock.ts';
import { WeftError } from '../../common/errors.ts';
import { silentLogger } from '../../common/logger.ts';
import { parsePinnedRoots } from '../pinned-roots.ts';
import { authoritySecret } from './authority-secret.ts';
import { KeptAuthority, type AuthoritySource } from './kept-authority.ts';

const dayMs = 24 * 3_600_000;
const place = { namespace: 'weft-system', name: 'weft-intermediate-one' };

describe('an intermediate that replicas keep in a Secret', () => {
  const root = makeRoot();
  let api: SecretApi;
  let clock: SteppingClock;
  let refusal: WeftError | undefined;
  let made: number;
  let over: AbortController;
  const ended: Promise<void>[] = [];

  beforeEach(() => {
    api = new SecretApi();
    clock = new SteppingClock(Date.now());
    refusal = undefined;
    made = 0;
    over = new AbortController();
  });
  afterEach(async () => {
    over.abort();
    await Promise.all(ended.splice(0));
    expect(clock.sleeping).toBe(0);
  });

  const secretOf = (of = root, notAfter = clock.now() + 7 * dayMs) => {
    const notBefore = clock.now();
    return authorityPem(makeIntermediate(of, { notBefore, notAfter }));
  };
  const source = (name = 'an issuer', of = root): AuthoritySource => ({
    ...{ name, renews: true },
    make: () => {
      made += 1;
      return refusal === undefined ? Promise.resolve(secretOf(of)) : Promise.reject(refusal);
    },
  });
  function replica(of = source(), random = 0.5, pinnedRoots?: string): KeptAuthority {
    const issuer = new KeptAuthority({
      ...{ api, clock, logger: silentLogger, source: of, random: () => random },
      ...{ namespace: place.namespace, secretName: place.name, secrets: api.cache() },
      pinned: parsePinnedRoots(pinnedRoots),
    });
    ended.push(issuer.run(over.signal));
    return issuer;
  }
  async function deliver(): Promise<void> {
    api.deliver();
    for (let turn = 0; turn < 5; turn += 1) await settle();
  }
  const signer = (of: KeptAuthority): string | undefined => of.authority()?.signer;
  const stored = () => api.find(place.namespace, place.name);

  it("is made once, and distinguished from a user's Secret", async () => {
    const replicas = [replica(), replica()];
    await deliver();
    expect(api.created).toBe(1);
    expect(stored()?.metadata.annotations).toEqual({ 'weft.dev/issued-by': 'an issuer' });
    expect(signer(replicas[0]!)).toBe(signer(replicas[1]!));
  });

  it('is renewed by the first whose time has come; the others find it done', async () => {
    const [early, late] = [replica(source(), 0), replica(source(), 1)];
    await deliver();
    const before = signer(early);
    const first = made;
    clock.step(4.6 * dayMs);
    await clock.advance(61_000);
    expect(made).toBe(first);
    clock.step(0.1 * dayMs);
    await clock.advance(61_000);
    await deliver();
    expect(made).toBe(first + 1);
    expect(signer(early)).not.toBe(before);
    expect(signer(late)).toBe(signer(early));
    clock.step(0.7 * dayMs);
    await clock.advance(61_000);
    expect(made).toBe(first + 1);
  });

  it('has one winner when two renew at once', async () => {
    const replicas = [replica(), replica()];
    await deliver();
    clock.step(6 * dayMs);
    await clock.advance(61_000);
    await deliver();
    expect(made).toBeGreaterThan(2);
    expect(signer(replicas[0]!)).toBe(signer(replicas[1]!));
    expect(stored()?.data?.['tls.crt']).toBeDefined();
  });

  it('stays in use while none can be made, until its end', async () => {
    const one = replica();
    await deliver();
    const before = signer(one);
    refusal = new WeftError('issuer-refused', 'no');
    clock.step(6 * dayMs);
    await clock.advance(61_000);
    expect(signer(one)).toBe(before);
    expect(one.lastFailure()).toMatchObject({
      code: 'issuer-refused',
      message: expect.stringContaining('no'),
    });
    refusal = undefined;
    await clock.advance(61_000);
    await deliver();
    expect(one.lastFailure()).toBeUndefined();
    expect(signer(one)).not.toBe(before);
  });

  it('is made again when its Secret is deleted, has ended, or is of another issuer', async () => {
    const one = replica();
    await deliver();
    await deliver();
    const first = signer(one);
    api.delete(place.namespace, place.name);
    await deliver();
    const second = signer(one);
    expect(second).not.toBe(first);

    const annotations = { 'weft.dev/issued-by': 'an issuer' };
    api.put(authoritySecret(secretOf(root, clock.now() - 1_000), { ...place, annotations }));
    const other = replica();
    await deliver();
    expect(signer(other)).toBeDefined();
    expect(signer(other)).not.toBe(second);

    const third = replica(source('another issuer'));
    await deliver();
    expect(stored()?.metadata.annotations).toEqual({ 'weft.dev/issued-by': 'another issuer' });
    expect(signer(third)).toBeDefined();
  });

  it('is never touched when a person made it', async () => {
    const theirs = api.put(authoritySecret(secretOf(), place));
    const one = replica();
    await deliver();
    clock.step(6.9 * dayMs);
    await clock.advance(61_000);
    expect([made, stored()]).toEqual([0, theirs]);
    expect(signer(one)).toBeDefined();
  });

  it('is refused under a root that was not recorded, and made again if it was ours', async () => {
    const annotations = { 'weft.dev/issued-by': 'an issuer' };
    const foreign = makeRoot({ name: 'another' });
    api.put(authoritySecret(secretOf(foreign), { ...place, annotations }));
    const one = replica(source(), 0.5, root.certificate.pem);
    await deliver();
    expect(made).toBe(1);
    expect(one.lastFailure()).toBeUndefined();
    expect(one.authority()?.bundle.pem).toBe(root.certificate.pem);

    const good = signer(one);
    api.put(authoritySecret(secretOf(foreign), place));
    await deliver();
    expect(one.lastFailure()).toMatchObject({ code: 'root-changed' });
    expect(one.lastFailure()?.message).toContain(foreign.certificate.fingerprint);
    expect(signer(one)).toBe(good);
  });

  it('is looked for at the API server itself when the store learns nothing', async () => {
    api.refusal = new WeftError('api-rejected', '403 Forbidden', { retry: 'soon' });
    const one = replica();
    await clock.advance(6_000);
    expect(one.lastFailure()).toMatchObject({ code: 'api-rejected' });
    api.refusal = undefined;
    await clock.advance(10_000);
    expect(one.lastFailure()).toBeUndefined();
    expect(signer(one)).toBeDefined();
  });
});

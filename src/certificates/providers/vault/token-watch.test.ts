import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock, settle } from '../../../../test/support/time/fake-clock.ts';
import { silentLogger } from '../../../common/logger.ts';
import { Secret } from '../../../common/secret.ts';
import { TokenWatch } from './token-watch.ts';
import type { VaultAnswer, VaultCall } from './vault-http.ts';
import { kubernetesLogin, tokenFromSecret } from './vault-login.ts';
import { VaultSession, type TokenSource } from './vault-session.ts';

const minuteMs = 60_000;
const trial: VaultCall = { method: 'POST', path: 'pki/root/sign-intermediate', body: {} };
const nothing: VaultAnswer = {
  ...{ status: 200, data: {}, auth: {}, errors: [], retryAfterMs: 0 },
};

/** A Vault that knows some tokens, and what they may do. */
class PlayedVault {
  readonly good = new Set(['first']);
  /** Whether tokens may look at themselves. */
  looks = true;
  /** While set, the status of every answer. */
  fails: number | undefined;
  logins = true;
  asked: string[] = [];

  send({ method, path, token }: VaultCall): Promise<VaultAnswer> {
    this.asked.push(`${method} ${path}`);
    return Promise.resolve({ ...nothing, ...this.#answer(path, token?.reveal() ?? '') });
  }

  #answer(path: string, token: string): Partial<VaultAnswer> {
    if (this.fails !== undefined) return { status: this.fails };
    if (path === 'auth/kubernetes/login') {
      if (!this.logins) return { status: 403 };
      this.good.add('of a login');
      return { auth: { client_token: 'of a login', lease_duration: 3600, renewable: true } };
    }
    if (!this.good.has(token)) return { status: 403 };
    if (path === trial.path) return { status: 400 };
    return this.looks ? { data: { ttl: 0, renewable: false } } : { status: 403 };
  }
}

describe('the watch over a token for Vault', () => {
  let vault: PlayedVault;
  let clock: FakeClock;
  let inSecret: string | undefined;
  let over: AbortController;
  let ended: Promise<void>;
  let watch: TokenWatch;

  beforeEach(() => {
    vault = new PlayedVault();
    clock = new FakeClock();
    inSecret = 'first';
    over = new AbortController();
  });
  afterEach(async () => {
    over.abort();
    await ended;
    expect(clock.sleeping).toBe(0);
  });

  async function start(source: TokenSource, looks = true): Promise<void> {
    watch = new TokenWatch({
      session: new VaultSession(vault, source, clock),
      trial: looks ? () => trial : undefined,
      secretsKnown: () => Promise.resolve(),
      ...{ clock, random: () => 0.5, logger: silentLogger },
    });
    ended = watch.run(over.signal);
    await settle();
  }
  const bySecret = (): TokenSource =>
    tokenFromSecret(() => inSecret, 'key token of Secret weft/vault-token', { http: vault, clock });
  const byLogin = (): TokenSource => {
    const auth = { kind: 'kubernetes', mount: 'kubernetes', role: 'weft', audience: 'a' } as const;
    const requestToken = () => Promise.resolve(new Secret('jwt'));
    return kubernetesLogin(auth, requestToken, { http: vault, clock });
  };

  it('checks every five minutes and finds a revoked token, until another is in the Secret', async () => {
    await start(bySecret());
    vault.asked = [];
    await clock.advance(10 * minuteMs + 1_000);
    expect(vault.asked).toEqual(Array(2).fill('GET auth/token/lookup-self'));
    expect(watch.lastFailure()).toBeUndefined();

    vault.good.clear();
    await clock.advance(5 * minuteMs);
    const { code, message, since } = watch.lastFailure()!;
    expect(code).toBe('issuer-refused');
    expect(message).toMatch(/^Vault cannot sign now: .*403; the token in key token of Secret weft/);
    await clock.advance(5 * minuteMs);
    expect(watch.lastFailure()).toEqual({ code, message, since });

    vault.good.add('second');
    inSecret = 'second';
    await clock.advance(minuteMs);
    expect(watch.lastFailure()).toBeUndefined();
  });

  it('finds at once that the token of the day before is good no more', async () => {
    vault.good.clear();
    await start(bySecret());
    expect(watch.lastFailure()).toMatchObject({ code: 'issuer-refused' });
  });

  it('finds that the token is not there any more', async () => {
    await start(bySecret());
    inSecret = undefined;
    await clock.advance(minuteMs);
    expect(watch.lastFailure()).toMatchObject({ code: 'issuer-misconfigured' });
  });

  it('counts a token that may not look itself up as good while it may sign', async () => {
    vault.looks = false;
    await start(bySecret());
    await clock.advance(10 * minuteMs);
    expect(watch.lastFailure()).toBeUndefined();
    vault.good.clear();
    await clock.advance(6 * minuteMs);
    expect(watch.lastFailure()).toMatchObject({ code: 'issuer-refused' });
  });

  it('counts a Vault that does not answer as no failure, and as no proof that a failure has passed', async () => {
    await start(bySecret());
    vault.fails = 503;
    await clock.advance(10 * minuteMs);
    expect(watch.lastFailure()).toBeUndefined();
    vault.fails = undefined;
    vault.good.clear();
    await clock.advance(6 * minuteMs);
    expect(watch.lastFailure()).toMatchObject({ code: 'issuer-refused' });
    vault.fails = 503;
    await clock.advance(6 * minuteMs);
    expect(watch.lastFailure()).toMatchObject({ code: 'issuer-refused' });
  });

  it('logs in again when the token of a login is gone, and finds when that is refused', async () => {
    await start(byLogin());
    vault.good.clear();
    await clock.advance(6 * minuteMs);
    expect(vault.asked.filter((one) => one.endsWith('login'))).toHaveLength(2);
    expect(watch.lastFailure()).toBeUndefined();

    vault.logins = false;
    vault.good.clear();
    await clock.advance(6 * minuteMs);
    expect(watch.lastFailure()).toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(/auth\/kubernetes\/login: 403; role weft/),
    });
    vault.logins = true;
    await clock.advance(minuteMs);
    expect(watch.lastFailure()).toBeUndefined();
  });

  it('makes no extra check of the token while frequent sign calls prove it', async () => {
    await start(bySecret(), false);
    vault.asked = [];
    await clock.advance(60 * minuteMs);
    expect(vault.asked).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  makeIntermediate,
  makeRoot,
  signUnder,
  type TestAuthority,
} from '../../test/support/certificates/make-authority.ts';
import { ecKeys } from '../../test/support/keys/test-keys.ts';
import { completeChain } from './complete-chain.ts';
import { gatewayTemplate, rootTemplate } from './template.ts';

const now = Date.now();
const period = { notBefore: now - 1_000, notAfter: now + 3_600_000 };
const leafOf = (authority: TestAuthority) =>
  signUnder(authority, gatewayTemplate(['a.b'], period), ecKeys().publicKey);

const root = makeRoot({ name: 'root' });
const upper = makeIntermediate(root, { name: 'upper' }, 1);
const lower = makeIntermediate(upper, { name: 'lower' });
const leaf = leafOf(lower);

describe('completeChain', () => {
  it('puts certificates in order, and leaves out what does not belong', () => {
    const others = [makeRoot().certificate, root.certificate, upper.certificate, lower.certificate];
    const { chain, root: found } = completeChain(leaf, others);
    expect(chain).toEqual([leaf, lower.certificate, upper.certificate]);
    expect(found).toBe(root.certificate);
  });

  it('says how far it came when the root is missing, or is another of the same name', () => {
    const impostor = makeRoot({ name: 'root' }).certificate;
    const { chain, root: found } = completeChain(leaf, [
      lower.certificate,
      impostor,
      upper.certificate,
    ]);
    expect(chain).toEqual([leaf, lower.certificate, upper.certificate]);
    expect(found).toBeUndefined();
  });

  it('finds the path to the wanted root through a CA that two roots signed', () => {
    const other = makeRoot({ name: 'other root' });
    const keys = ecKeys();
    const template = { ...rootTemplate('crossed', period), ca: { pathLength: 0 } };
    const crossed = [root, other].map((parent) => signUnder(parent, template, keys.publicKey));
    const signer = { ...makeIntermediate(root), certificate: crossed[0]!, keys };
    const last = leafOf(signer);
    const pool = [crossed[0]!, root.certificate, crossed[1]!, other.certificate];
    for (const [at, wanted] of [root, other].entries()) {
      const { chain, root: found } = completeChain(last, pool, (one) => one === wanted.certificate);
      expect(found).toBe(wanted.certificate);
      expect(chain).toEqual([last, crossed[at]]);
    }
    expect(completeChain(last, pool, () => false).root).toBe(root.certificate);
  });

  it('ends where certificates go in a circle', () => {
    const [one, two] = [ecKeys(), ecKeys()];
    const template = (name: string) => rootTemplate(name, period);
    const a = { ...makeRoot({ name: 'a', keys: one }), keys: one };
    const b = signUnder(a, template('b'), two.publicKey);
    const fromB = { ...a, certificate: b, keys: two };
    const crossA = signUnder(fromB, template('a'), one.publicKey);
    expect(completeChain(b, [crossA, b]).root).toBeUndefined();
  });
});

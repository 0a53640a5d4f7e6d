import { beforeAll, describe, expect, it } from '@jest/globals';
import type { VaultRoot } from '../../../src/api/root-spec.ts';
import { probe } from '../../../src/certificates/plan/probe.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { createAuthority } from '../../../tools/cluster/authority.ts';
import { certificatesFrom } from '../../support/certificates/make-authority.ts';
import { issue, ready, trouble } from '../../support/issuers/ask-issuer.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { intermediateSecret, putSecret } from '../../support/issuers/start-issuer.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { done } from '../../../tools/real/openbao.ts';
import { makePolicy, makeRole } from '../../../tools/real/openbao-setup.ts';
import { secretInLog, startVaultRig } from '../../support/issuers/mesh-with-vault.ts';

// The issuer of a Vault: which settings it refuses, and which certificates.

const vault = ofFile(() => startVaultRig('provider-openbao'), 60_000);
const { start } = issuersOfFile(() => vault().wishes);

describe('settings that cannot work', () => {
  interface Refusal {
    readonly what: string;
    readonly root: () => Partial<VaultRoot>;
    readonly code: string;
    readonly says: RegExp;
  }
  // prettier-ignore
  const refusals: readonly Refusal[] = [
    { what: 'an address in the clear', root: () => ({ address: vault().bao.plainUrl }),
      code: 'issuer-misconfigured', says: /must be https:/ },
    { what: 'an address with a path', root: () => ({ address: `${vault().bao.url}/v1/sys/raw` }),
      code: 'issuer-misconfigured', says: /<port> only: it has a path/ },
    { what: 'a Vault of another CA', root: () => ({ caBundle: { name: 'other-ca', key: 'ca.crt' } }),
      code: 'issuer-misconfigured', says: /is not trusted.*caBundleSecretRef/ },
    { what: 'a Vault that the system does not know', root: () => ({ caBundle: undefined! }),
      code: 'issuer-misconfigured', says: /is not trusted/ },
    { what: 'a CA bundle that is not there', root: () => ({ caBundle: { name: 'x', key: 'y' } }),
      code: 'issuer-misconfigured', says: /y of Secret provider-openbao\/x is missing/ },
    { what: 'a token that is not there',
      root: () => ({ auth: { kind: 'token', secret: { name: 'x', key: 'y' } } }),
      code: 'issuer-misconfigured', says: /y of Secret provider-openbao\/x, the token for Vault/ },
    { what: 'a mount that leads elsewhere', root: () => ({ mount: 'mesh/../sys' }),
      code: 'issuer-misconfigured', says: /"mesh\/..\/sys" is not a path of Vault/ },
    { what: 'a role that leads elsewhere', root: () => ({ role: '../../root/x?list=true' }),
      code: 'issuer-misconfigured', says: /is not a path of Vault/ },
    { what: 'a mount that the policy does not name', root: () => ({ mount: 'elsewhere' }),
      code: 'issuer-refused', says: /POST elsewhere\/sign\/mesh: 403.*lacks the capability update/ },
    { what: 'a role that is not there',
      root: () => ({ role: 'nobody', auth: { kind: 'token', secret: { name: 'root-token', key: 'token' } } }),
      code: 'issuer-misconfigured', says: /400.*check that role nobody exists/ },
    { what: 'an issuer that is not there', root: () => ({ issuer: 'nobody' }),
      code: 'issuer-misconfigured', says: /500.*name an existing issuer/ },
    { what: 'an auth method that is not there',
      root: () => ({ auth: { kind: 'kubernetes', mount: 'nowhere', role: 'x', audience: 'vault' } }),
      code: 'issuer-refused', says: /POST auth\/nowhere\/login: 403/ },
    { what: 'a namespace that is not there', root: () => ({ namespace: 'nowhere' }),
      code: 'issuer-misconfigured', says: /404/ },
  ];

  beforeAll(async () => {
    const { certificate } = await createAuthority('another CA');
    const { namespace } = vault().mesh;
    await putSecret(vault().api, { namespace, name: 'other-ca' }, { 'ca.crt': certificate });
    await putSecret(
      vault().api,
      { namespace, name: 'root-token', labels: { 'weft.dev/sent-to-vault': 'true' } },
      { token: vault().bao.rootToken },
    );
  });

  it.each(refusals)('$what', async ({ root, code, says }) => {
    const one = await start(vault().mesh.root(root()));
    expect(await trouble(one)).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(one.issuer.authority()).toBeUndefined();
    await expect(issue(one)).rejects.toMatchObject({ code });
    const wishes = { ...one, clock: systemClock, limitMs: 500 };
    const found = await probe(one.issuer, wishes, AbortSignal.timeout(9e3));
    expect(found).toMatchObject({ ok: false, code: expect.stringMatching(/^issuer-/) });
  });

  it('are the same in mode intermediate, and make no Secret', async () => {
    const one = await start(vault().mesh.root({ mode: 'intermediate', mount: 'elsewhere' }));
    const { code, message } = await trouble(one);
    expect(code).toBe('issuer-refused');
    expect(message).toContain('POST elsewhere/root/sign-intermediate: 403');
    expect(await one.secret(intermediateSecret)).toBeUndefined();
  });
});

describe('what an engine gives', () => {
  it('is refused when its chain does not come to a root', async () => {
    const mount = 'mesh/rootless';
    await done(vault().bao.call(`sys/mounts/${mount}`, { body: { type: 'pki' } }));
    const csr = await done(
      vault().bao.call(`${mount}/intermediate/generate/internal`, {
        body: { common_name: 'a middle' },
      }),
    );
    const signed = await done(
      vault().bao.call(`${vault().mesh.pki.mount}/root/sign-intermediate`, {
        body: { csr: csr.data['csr'], common_name: 'a middle', ttl: '24h' },
      }),
    );
    const { certificate } = signed.data;
    await done(vault().bao.call(`${mount}/intermediate/set-signed`, { body: { certificate } }));
    await makeRole(vault().bao, `${mount}/roles/mesh`);
    await vault().mesh.useToken(vault().bao.rootToken);
    const rootless = vault().mesh.root({ mount });
    expect(await trouble(await start(rootless))).toMatchObject({
      code: 'issuer-misconfigured',
      message: expect.stringMatching(/^chain-without-root: .*its answer names no root/),
    });
    // A root that was recorded is known, whether or not the engine names it.
    const pinned = await ready(await start(rootless, { pinnedRoots: vault().mesh.pki.root }));
    const chain = certificatesFrom((await issue(pinned)).certificateChain);
    expect(chain.map(({ ca }) => ca)).toEqual([false, true]);
  });

  it('is noted when it lives shorter than asked, and refused when too short', async () => {
    const roles = `${vault().mesh.pki.mount}/roles`;
    await makeRole(vault().bao, `${roles}/hour`, { maxTtl: '1h' });
    await makeRole(vault().bao, `${roles}/minutes`, { maxTtl: '5m' });
    await vault().mesh.useToken(vault().bao.rootToken);
    const look = async (role: string) => {
      const one = await start(vault().mesh.root({ role }));
      return probe(one.issuer, { ...one, clock: systemClock }, AbortSignal.timeout(20_000));
    };
    expect(await look('hour')).toMatchObject({
      ok: true,
      authority: { bundle: { pem: vault().mesh.pki.root.trim() + '\n' } },
      skewMs: 0,
      notes: [
        expect.stringMatching(
          /^leaves are valid for (59|60) min, not for the 1440 min that Weft requested$/,
        ),
      ],
    });
    expect(await look('minutes')).toMatchObject({
      ok: false,
      code: 'issuer-misconfigured',
      message: expect.stringMatching(/needs at least 10 min/),
    });
  });

  it.each([
    ['drops names', 'names-wrong', { use_csr_sans: false }],
    ["lets no certificate be a client's", 'usage-missing', { client_flag: false }],
    ['lets nothing be signed', 'usage-missing', { key_usage: ['KeyAgreement'] }],
  ])('is refused when the role %s', async (_case, fault, change) => {
    const body = {
      ...{ key_type: 'any', allow_any_name: true, enforce_hostnames: false, require_cn: false },
      ...{ allowed_uri_sans: ['spiffe://*'], max_ttl: '24h', ...change },
    };
    await done(vault().bao.call(`${vault().mesh.pki.mount}/roles/odd`, { body }));
    await vault().mesh.useToken(vault().bao.rootToken);
    expect(await trouble(await start(vault().mesh.root({ role: 'odd' })))).toMatchObject({
      code: 'issuer-misconfigured',
      message: expect.stringMatching(`^${fault}: `),
    });
  });
});

it('wrote no key, token or request to any log', async () => {
  const policy = await makePolicy(vault().bao, 'nothing', ['nothing']);
  expect(policy).toBe('nothing');
  expect(vault().log.length).toBeGreaterThan(20);
  expect(vault().log.join('\n')).not.toMatch(secretInLog);
});

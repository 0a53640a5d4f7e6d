import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { VaultRoot } from '../../../src/api/root-spec.ts';
import { freePort } from '../../../tools/base/probe.ts';
import { createAuthority } from '../../../tools/cluster/authority.ts';
import { issue, ready, trouble } from '../../support/issuers/ask-issuer.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { putSecret } from '../../support/issuers/start-issuer.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { done } from '../../../tools/real/openbao.ts';
import { makeToken } from '../../../tools/real/openbao-setup.ts';
import { startVaultRig } from '../../support/issuers/mesh-with-vault.ts';
import { until } from '../../support/time/until.ts';
import { letPass } from '../../support/time/let-pass.ts';

// The issuer of a Vault that cannot be reached, does odd things or is sealed.

const vault = ofFile(() => startVaultRig('provider-outages'), 60_000);
const { start } = issuersOfFile(() => vault().wishes);

describe('a Vault that does not do as it should', () => {
  type Answer = Parameters<typeof createServer>[1];
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  /** A server in its place, known by a CA of its own. */
  async function pretend(answer: NonNullable<Answer>): Promise<Partial<VaultRoot>> {
    const authority = await createAuthority('a pretender');
    const wishes = { commonName: 'x', dnsNames: ['localhost'], addresses: ['127.0.0.1'] };
    const { certificate: cert, key } = await authority.issue(wishes);
    const server = createServer({ cert, key }, answer).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const place = { namespace: vault().mesh.namespace, name: 'pretender-ca' };
    await putSecret(vault().api, place, { 'ca.crt': authority.certificate });
    const { port } = server.address() as AddressInfo;
    const caBundle = { name: 'pretender-ca', key: 'ca.crt' };
    return { address: `https://127.0.0.1:${String(port)}`, caBundle };
  }

  it('is not followed to where it redirects', async () => {
    const seen: string[] = [];
    const target = await pretend((asked, response) => {
      seen.push(asked.url ?? '');
      response.end();
    });
    const root = await pretend((_asked, response) => {
      const location = `${target.address ?? ''}/v1/stolen?token=secret`;
      response.writeHead(307, { location }).end();
    });
    const { code, message } = await trouble(await start(vault().mesh.root(root)));
    expect(code).toBe('issuer-misconfigured');
    expect(message).toContain(`307 (${target.address ?? ''}); Weft follows no redirects`);
    expect(message).not.toContain('secret');
    expect(seen).toEqual([]);
  });

  it.each<[string, NonNullable<Answer>, RegExp]>([
    ['does not answer', () => undefined, /no answer within 300 ms/],
    ['answers without end', (_asked, response) => void flood(response), /no answer from/],
    ['hangs up', (asked) => asked.socket.destroy(), /no answer from/],
  ])(
    '%s',
    async (_case, answer, says) => {
      const root = vault().mesh.root(await pretend(answer));
      const one = await start(root, { times: { callMs: 300 } });
      expect(await trouble(one)).toMatchObject({
        code: 'issuer-unavailable',
        message: expect.stringMatching(says),
      });
    },
    30_000,
  );

  it('is not there', async () => {
    const address = `https://127.0.0.1:${String(await freePort())}`;
    const one = await start(vault().mesh.root({ address }));
    expect(await trouble(one)).toMatchObject({
      code: 'issuer-unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  }, 30_000);
});

async function flood(response: { write: (text: string) => boolean; destroyed: boolean }) {
  const much = 'x'.repeat(100_000);
  while (!response.destroyed) {
    response.write(much);
    await letPass(5, 'the pace of an answer without an end');
  }
}

describe('an issuer whose Vault has a bad day', () => {
  it('waits while Vault is sealed, and says so', async () => {
    await vault().mesh.useToken(await makeToken(vault().bao, vault().mesh.policy));
    const one = await ready(await start(vault().mesh.root()));
    await vault().bao.seal();
    try {
      await expect(issue(one)).rejects.toMatchObject({
        code: 'issuer-unavailable',
        message: expect.stringContaining('503'),
      });
      expect(one.issuer.lastFailure()?.message).toContain('Vault is sealed or not ready');
      expect(one.issuer.authority()).toBeDefined();
    } finally {
      await vault().bao.unseal();
    }
    await until(() => one.issuer.lastFailure() === undefined, { withinMs: 60_000 });
    await issue(one);
  }, 90_000);

  it('keeps to the rate that Vault allows', async () => {
    const one = await ready(await start(vault().mesh.root()));
    const quota = 'sys/quotas/rate-limit/mesh';
    const path = `${vault().mesh.pki.mount}/`;
    await done(vault().bao.call(quota, { body: { path, rate: 2, interval: '2s' } }));
    try {
      const began = Date.now();
      const leaves = await Promise.all(Array.from({ length: 6 }, () => issue(one)));
      expect(new Set(leaves.map(({ certificateChain }) => certificateChain)).size).toBe(6);
      expect(Date.now() - began).toBeGreaterThan(1_500);
    } finally {
      await done(vault().bao.call(quota, { method: 'DELETE' }));
    }
  }, 40_000);
});

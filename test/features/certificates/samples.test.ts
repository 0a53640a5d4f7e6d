import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { rootOfMeshConfig } from '../../../src/api/root-of.ts';
import type { RootProvider, VaultRoot } from '../../../src/api/root-spec.ts';
import { probe } from '../../../src/certificates/plan/probe.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { run } from '../../../tools/base/command.ts';
import { kubectl } from '../../../tools/parts/kubectl.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { startOwnApiServer } from '../../support/api-server/own-api-server.ts';
import { intermediateSecret, putSecret } from '../../support/issuers/start-issuer.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { isReady, startCertManager } from '../../../tools/real/cert-manager.ts';
import { done, startOpenBao } from '../../../tools/real/openbao.ts';
import { enableKubernetesAuth, enablePki } from '../../../tools/real/openbao-setup.ts';

// config/samples and the two pages about certificates: what they tell a reader to do works, to the letter.

const namespace = 'weft-system';
const repository = join(import.meta.dirname, '../../..');
const text = (file: string): Promise<string> => readFile(join(repository, file), 'utf8');

const cluster = ofFile(async () => {
  const own = await startOwnApiServer(namespace);
  await apply('crds/meshconfig.yaml', own.server);
  return own;
}, 60_000);
const issuers = issuersOfFile(() => ({ namespace, api: cluster().api }));
afterEach(async () => {
  const made = { kind: kinds.secret, namespace, name: intermediateSecret };
  await cluster().api.remove(made, {}, AbortSignal.timeout(10_000));
});

/** Types the page's command, which has to be in it. */
async function type(page: string, file: string): Promise<void> {
  expect(await text(page)).toContain(`$ kubectl apply -f ${file}\n`);
  await apply(file);
}

async function apply(file: string, { kubeconfigPath } = cluster().server): Promise<void> {
  const env = { KUBECONFIG: kubeconfigPath };
  await run(await kubectl(), ['apply', '-f', file], { env, cwd: repository });
}

async function rootIn(file: string): Promise<RootProvider> {
  const { spec } = load(await text(file)) as MeshConfig;
  return rootOfMeshConfig(spec)!.provider;
}

async function look(provider: RootProvider): Promise<object> {
  const one = await issuers.start(provider);
  const options = { ...one, clock: systemClock, limitMs: 15_000 };
  return probe(one.issuer, options, AbortSignal.timeout(30_000));
}

describe('the page about cert-manager', () => {
  const manager = ofFile(() => startCertManager(cluster().server), 60_000);

  it('makes a root, an issuer and a mesh that uses it', async () => {
    const page = 'docs/certificates-cert-manager.md';
    await type(page, 'config/samples/cert-manager/issuer.yaml');
    await type(page, 'config/samples/cert-manager/meshconfig.yaml');
    await manager().until('issuer', { name: 'mesh-ca', namespace }, isReady);
    const provider = await rootIn('config/samples/cert-manager/meshconfig.yaml');
    expect(provider).toMatchObject({ kind: 'certManager', mode: 'intermediate' });
    expect(await look(provider)).toMatchObject({ ok: true, notes: [] });
    expect(await look({ ...provider, mode: 'leaf' } as RootProvider)).toMatchObject({ ok: true });
  }, 60_000);
});

describe('the page about Vault', () => {
  const samples = 'config/samples/vault';
  const page = 'docs/certificates-vault.md';
  const bao = ofFile(startOpenBao, 60_000);
  let provider: VaultRoot;
  beforeAll(async () => {
    await enablePki(bao());
    await enableKubernetesAuth(bao(), cluster().server, { namespace });
    await putSecret(cluster().api, { namespace, name: 'vault-ca' }, { 'ca.crt': bao().ca });
    const body = JSON.parse(await text(`${samples}/kubernetes-role.json`)) as object;
    const strict = { ...body, token_no_default_policy: true };
    await done(bao().call('auth/kubernetes/role/weft', { body: strict }));
    const wanted = (await rootIn(`${samples}/meshconfig.yaml`)) as VaultRoot;
    provider = { ...wanted, address: bao().url };
  }, 60_000);

  async function usePolicy(file: string): Promise<void> {
    expect(await text(page)).toContain(`$ vault policy write weft ${samples}/${file}\n`);
    const policy = await text(`${samples}/${file}`);
    await done(bao().call('sys/policies/acl/weft', { body: { policy } }));
  }

  it('applies its MeshConfig', async () => {
    await type(page, `${samples}/meshconfig.yaml`);
    expect(await text(page)).toContain(
      `auth/kubernetes/role/weft @${samples}/kubernetes-role.json`,
    );
  });

  it('gives enough for mode intermediate, and no more', async () => {
    await usePolicy('policy-intermediate.hcl');
    expect(provider.mode).toBe('intermediate');
    expect(await look(provider)).toMatchObject({ ok: true, notes: [] });
    expect(await look({ ...provider, mode: 'leaf' })).toMatchObject({ code: 'issuer-refused' });
  });

  it('gives enough for mode leaf, and no more', async () => {
    await usePolicy('policy-leaf.hcl');
    expect(await text(page)).toContain(`$ vault write pki/roles/weft @${samples}/role.json\n`);
    const body = JSON.parse(await text(`${samples}/role.json`)) as object;
    await done(bao().call('pki/roles/weft', { body }));
    expect(await look({ ...provider, mode: 'leaf' })).toMatchObject({ ok: true, notes: [] });
    const [one] = issuers.running;
    const dnsNames = [
      'weft-control-plane.weft-system.svc.cluster.local',
      'weft-control-plane.weft-system.svc',
    ];
    const place = { trustDomain: 'cluster.local', namespace: 'weft-system' };
    const subject = { kind: 'server', ...place, dnsNames } as const;
    const server = { subject, keyKind: 'P-256' } as const;
    await one!.issuer.issue({ ...server, validityMs: 3_600_000 }, AbortSignal.timeout(5_000));
    expect(await look(provider)).toMatchObject({ ok: false, code: 'issuer-refused' });
  });
});

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesObject } from '../../src/api/core.ts';
import { kinds } from '../../src/api/kinds.ts';
import { done } from '../real/openbao.ts';
import { createAuthority } from '../cluster/authority.ts';
import type { Note } from '../progress.ts';
import { type BaoAccess, openBaoAccess } from './openbao-access.ts';
import { configureOpenBao } from './openbao-configure.ts';
import {
  applyManifest,
  ensureNamespace,
  ensureSecret,
  type InstallPlace,
  readSecret,
  rolledOut,
  writeSecret,
} from './place.ts';
import { names } from './provider.ts';

const namespace = 'openbao';
const waitMs = 60_000;

/**
 * Runs OpenBao in the cluster: a server over https with a separate CA, initialised, unsealed
 * automatically also after a crash, and configured for the mesh (`openbao-configure.ts`). Its data is
 * lost with its pod; the next install then starts from nothing. Resolves to a client with the root token.
 */
export async function installOpenBao(
  place: InstallPlace,
  image: string,
  note: Note,
): Promise<BaoAccess> {
  await ensureNamespace(place, namespace);
  await ensureNamespace(place, names.system);
  const tls = await ensureSecret(place, { namespace, name: 'openbao-tls' }, makeCertificate);
  await ensureSecret(place, { namespace, name: 'openbao-unseal' }, () =>
    Promise.resolve({ key: randomBytes(32).toString('latin1') }),
  );
  await applyManifest(place, 'openbao.yaml', image);
  note('starting');
  await untilListening(place);
  const bao = await openBaoAccess(place, tls['ca.crt'] ?? '');
  try {
    await initialise(place, bao);
    note('configuring');
    await configureOpenBao(place, bao);
    await rolledOut(place, namespace);
    return bao;
  } catch (error) {
    await bao.close();
    throw error;
  }
}

/** A CA, and a certificate for every name of the server. */
async function makeCertificate(): Promise<Readonly<Record<string, string>>> {
  const authority = await createAuthority('openbao CA');
  const service = `openbao.${namespace}`;
  const { certificate, key } = await authority.issue({
    commonName: 'openbao',
    dnsNames: ['localhost', service, `${service}.svc`, `${service}.svc.cluster.local`],
    addresses: ['127.0.0.1'],
  });
  return { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': authority.certificate };
}

interface PodStatus extends KubernetesObject {
  readonly status?: { readonly containerStatuses?: readonly { readonly started?: boolean }[] };
}

/** Waits until the server listens, and no pod of an earlier one is left. */
async function untilListening({ api }: InstallPlace): Promise<void> {
  const options = { namespace, labelSelector: 'app=openbao' };
  const deadline = Date.now() + waitMs;
  for (;;) {
    const signal = AbortSignal.timeout(waitMs);
    const [pod, ...others] = await api.list<PodStatus>(kinds.pod, options, signal);
    if (others.length === 0 && pod?.status?.containerStatuses?.[0]?.started === true) return;
    if (Date.now() > deadline)
      throw new Error('OpenBao does not start; `kubectl logs -n openbao deployment/openbao`');
    await sleep(100);
  }
}

/** Initialises the server unless it has its keys, and waits until it is unsealed. */
async function initialise(place: InstallPlace, bao: BaoAccess): Promise<void> {
  const root = { namespace, name: 'openbao-root' };
  const health = async (): Promise<number> => (await bao.call('sys/health', { token: '' })).status;
  if ((await health()) === 501) {
    const body = { recovery_shares: 1, recovery_threshold: 1 };
    const answer = await done(bao.call('sys/init', { token: '', body }));
    const { root_token: token } = answer as unknown as { root_token: string };
    await writeSecret(place, root, { token });
  }
  const { token = '' } = (await readSecret(place, root)) ?? {};
  bao.useToken(token);
  const deadline = Date.now() + waitMs;
  while ((await health()) !== 200) {
    if (Date.now() > deadline) throw new Error('OpenBao stays sealed');
    await sleep(100);
  }
}

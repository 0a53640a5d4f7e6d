import { readFile } from 'node:fs/promises';
import { run } from '../base/command.ts';
import { kubectl } from '../parts/kubectl.ts';
import type { ReachableApi } from './reachable-api.ts';
import { done, type BaoCall, type BaoClient } from './openbao.ts';

/** A mounted PKI engine with its own root. */
export interface BaoPki {
  readonly mount: string;
  /** PEM of its root. */
  readonly root: string;
  /** Makes another root there, which signs from now on, and gives its PEM. */
  readonly replaceRoot: () => Promise<string>;
}

export interface PkiWishes {
  readonly mount?: string;
  readonly keyType?: 'ec' | 'rsa';
  readonly namespace?: string;
  /** How long its root lives. */
  readonly ttl?: string;
}

const keyBits = { ec: 256, rsa: 2048 };

/** Mounts a PKI engine (at `pki` unless told) whose certificates may live ten years, and makes its root. */
export async function enablePki(bao: BaoClient, wishes: PkiWishes = {}): Promise<BaoPki> {
  const { mount = 'pki', keyType = 'ec', namespace, ttl = '43800h' } = wishes;
  const place: BaoCall = namespace === undefined ? {} : { namespace };
  const config = { max_lease_ttl: '87600h' };
  await done(bao.call(`sys/mounts/${mount}`, { ...place, body: { type: 'pki', config } }));
  let made = 0;
  const newRoot = async (): Promise<string> => {
    made += 1;
    const name = `root-${String(made)}`;
    const body = {
      common_name: `${mount} ${name}`,
      issuer_name: name,
      ttl,
      not_before_duration: '1h',
      key_type: keyType,
      key_bits: keyBits[keyType],
    };
    const { data } = await done(bao.call(`${mount}/root/generate/internal`, { ...place, body }));
    await done(
      bao.call(`${mount}/config/issuers`, { ...place, body: { default: data['issuer_id'] } }),
    );
    return String(data['certificate']);
  };
  return { mount, root: await newRoot(), replaceRoot: newRoot };
}

export interface RoleWishes {
  readonly trustDomain?: string;
  readonly maxTtl?: string;
}

/** A role for the leaves of a mesh: any key type, SPIFFE IDs of the trust domain, both ends of TLS. */
export async function makeRole(
  bao: BaoClient,
  path: string,
  { trustDomain = 'cluster.local', maxTtl = '72h' }: RoleWishes = {},
): Promise<void> {
  const body = {
    key_type: 'any',
    allow_any_name: true,
    enforce_hostnames: false,
    require_cn: false,
    allowed_uri_sans: [`spiffe://${trustDomain}/*`],
    key_usage: ['DigitalSignature'],
    not_before_duration: '5m',
    max_ttl: maxTtl,
  };
  await done(bao.call(path, { body }));
}

export interface TokenWishes {
  /** Renewable for ever, each time for so long; such as `30s`. */
  readonly period?: string;
  /** The maximum life, also with renewals. */
  readonly lifetime?: string;
  readonly namespace?: string;
}

/** A policy that allows `update` on the given paths and nothing else; its name. */
export async function makePolicy(
  bao: BaoClient,
  name: string,
  paths: readonly string[],
): Promise<string> {
  const policy = paths.map((path) => `path "${path}" { capabilities = ["update"] }`).join('\n');
  await done(bao.call(`sys/policies/acl/${name}`, { body: { policy } }));
  return name;
}

/** A token that has this policy, besides the default one by which it may look at and renew itself. */
export async function makeToken(
  bao: BaoClient,
  policy: string,
  { period, lifetime, namespace }: TokenWishes = {},
): Promise<string> {
  const body = {
    policies: [policy],
    no_parent: true,
    ...(period === undefined ? {} : { period }),
    ...(lifetime === undefined ? {} : { explicit_max_ttl: lifetime, ttl: lifetime }),
  };
  const place = namespace === undefined ? {} : { namespace };
  const { auth } = await done(bao.call('auth/token/create', { ...place, body }));
  return String(auth['client_token']);
}

export interface KubernetesRole {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
  readonly policy: string;
}

/** Kubernetes auth at `auth/MOUNT`: service-account tokens are reviewed by this API server. */
export interface KubernetesAuth {
  readonly mount: string;
  /** Lets another API server review tokens; an address without a server acts like a server that is down. */
  readonly pointAt: (url: string) => Promise<void>;
  readonly makeRole: (role: KubernetesRole) => Promise<void>;
}

/** Lets a service account log in at `auth/MOUNT` for a policy. */
export async function makeKubernetesRole(
  bao: BaoClient,
  mount: string,
  role: KubernetesRole,
): Promise<void> {
  const body = {
    bound_service_account_names: [role.serviceAccount],
    bound_service_account_namespaces: [role.namespace],
    audience: role.audience,
    token_policies: [role.policy],
    token_ttl: '1h',
  };
  await done(bao.call(`auth/${mount}/role/${role.name}`, { body }));
}

/**
 * Mounts Kubernetes auth. OpenBao reviews tokens as the service account `openbao` of `namespace`,
 * which is made, with the right to review and nothing else.
 */
export async function enableKubernetesAuth(
  bao: BaoClient,
  apiServer: ReachableApi,
  { mount = 'kubernetes', namespace }: { readonly mount?: string; readonly namespace: string },
): Promise<KubernetesAuth> {
  const reviewer = await reviewerToken(apiServer, namespace);
  await done(bao.call(`sys/auth/${mount}`, { body: { type: 'kubernetes' } }));
  const ca = await readFile(apiServer.caFile, 'utf8');
  const pointAt = async (url: string): Promise<void> => {
    const config = {
      kubernetes_host: url,
      kubernetes_ca_cert: ca,
      token_reviewer_jwt: reviewer,
      disable_local_ca_jwt: true,
    };
    await done(bao.call(`auth/${mount}/config`, { body: config }));
  };
  await pointAt(apiServer.url);
  return {
    mount,
    pointAt,
    makeRole: (role) => makeKubernetesRole(bao, mount, role),
  };
}

/** A token of a service account for this audience, as the kubelet would project it. */
export async function serviceAccountToken(
  apiServer: ReachableApi,
  account: { readonly namespace: string; readonly name: string; readonly audience?: string },
): Promise<string> {
  const audience = account.audience === undefined ? [] : [`--audience=${account.audience}`];
  const args = ['create', 'token', account.name, '-n', account.namespace, ...audience];
  return (await run(await kubectl(), args, environment(apiServer))).trim();
}

async function reviewerToken(apiServer: ReachableApi, namespace: string): Promise<string> {
  const name = 'openbao';
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `${namespace}-openbao-reviews-tokens` },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'system:auth-delegator',
      },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const args = ['apply', '--server-side', '-f', '-'];
  await run(await kubectl(), args, { ...environment(apiServer), input });
  return serviceAccountToken(apiServer, { namespace, name });
}

function environment({ kubeconfigPath }: ReachableApi): {
  readonly env: Record<string, string>;
} {
  return { env: { KUBECONFIG: kubeconfigPath } };
}

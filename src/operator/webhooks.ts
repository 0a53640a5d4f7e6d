import type { KubernetesObject } from '../api/core.ts';
import { kinds, type Kind } from '../api/kinds.ts';
import { meshNameOf } from '../api/mesh-name.ts';
import { policyKinds } from '../api/policy-kinds.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { ignore, monitoredBy, systemNamespaces } from '../api/labels.ts';
import { declare, type Desired } from './desired.ts';
import {
  controlPlaneName,
  injectionPath,
  meshGrant,
  ports,
  validationPath,
} from '../api/control-plane-names.ts';

/** Names of the webhook configurations. They are fixed, so that the operator's rights can name them. */
export const webhookNames = { injector: 'weft-injector', validator: 'weft-validator' } as const;

/**
 * CEL: whether the mesh exists. Kubernetes deletes the grant with its MeshConfig or its namespace, so that the API
 * server no longer calls webhooks that were left behind. The grant counts only where a grant of Kubernetes itself is
 * seen too (one in kube-system that every cluster has): an API server that has not read its grants yet, or one
 * without RBAC, calls the webhooks, which is the safe side (docs/decisions/0100).
 */
export function meshIsThere(namespace: string): string {
  const { group, resource, verb } = meshGrant;
  const account = (of: string, name: string): string =>
    `authorizer.serviceAccount('${of}', '${name}')`;
  const seen = `${account('kube-system', 'token-cleaner')}.group('').resource('secrets').namespace('kube-system').check('delete').allowed()`;
  const granted = `${account(namespace, controlPlaneName)}.group('${group}').resource('${resource}').namespace('${namespace}').check('${verb}').allowed()`;
  return `!${seen} || ${granted}`;
}

/**
 * The webhook configurations, trusting the certificate authorities in `caBundle` (PEM). Both fail closed
 * (docs/decisions/0034): a pod must not start without its sidecar, nor a policy go unchecked. They never concern the
 * control plane's own namespace, so it can always come back without help, nor those of Kubernetes, and nothing at all
 * once the mesh is gone. A namespace that is ignored gets no sidecars; its policies are checked as those of every
 * member, since they count. Labels that other tools put on namespaces, such as kubebuilder's control-plane, take none
 * out of the mesh.
 */
export function planWebhooks(meshConfig: MeshConfig, caBundle: string): readonly Desired[] {
  const { injector, validator } = webhookNames;
  const mutating = {
    ...webhook(meshConfig, { name: 'inject.weft.dev', path: injectionPath, caBundle }, notIgnored),
    // A webhook that comes later may add containers, whose probes must be led too.
    reinvocationPolicy: 'IfNeeded',
    rules: [rule(kinds.pod, ['CREATE'])],
  };
  const validating = {
    ...webhook(meshConfig, { name: 'validate.weft.dev', path: validationPath, caBundle }),
    rules: Object.values(policyKinds).map((of) => rule(of, ['CREATE', 'UPDATE'])),
  };
  return [
    declare(meshConfig, kinds.validatingWebhookConfiguration, {
      name: validator,
      webhooks: [validating],
    }),
    declare(meshConfig, kinds.mutatingWebhookConfiguration, {
      name: injector,
      webhooks: [mutating],
    }),
  ];
}

/** The certificate authorities (PEM) that a live webhook configuration trusts; of several, those of each. */
export function trustOf(configuration: KubernetesObject): readonly string[] {
  const { webhooks = [] } = configuration as Configuration;
  return webhooks.map(({ clientConfig }) =>
    Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString(),
  );
}

type Configuration = KubernetesObject & {
  readonly webhooks?: readonly { readonly clientConfig?: { readonly caBundle?: string } }[];
};

const notIgnored = [{ key: ignore, operator: 'DoesNotExist' }];

function webhook(
  meshConfig: MeshConfig,
  { name, path, caBundle }: { name: string; path: string; caBundle: string },
  and: readonly object[] = [],
): Readonly<Record<string, unknown>> {
  const namespace = meshConfig.metadata.namespace ?? '';
  return {
    name,
    clientConfig: {
      service: { name: controlPlaneName, namespace, path, port: ports.webhook },
      caBundle: Buffer.from(caBundle).toString('base64'),
    },
    namespaceSelector: {
      matchExpressions: [
        { key: monitoredBy, operator: 'In', values: [meshNameOf(meshConfig.spec)] },
        ...and,
        {
          key: 'kubernetes.io/metadata.name',
          operator: 'NotIn',
          values: [namespace, ...systemNamespaces],
        },
      ],
    },
    objectSelector: {},
    matchConditions: [{ name: 'mesh-is-there', expression: meshIsThere(namespace) }],
    matchPolicy: 'Equivalent',
    failurePolicy: 'Fail',
    sideEffects: 'None',
    timeoutSeconds: 10,
    admissionReviewVersions: ['v1'],
  };
}

function rule(
  of: Pick<Kind, 'group' | 'version' | 'plural'>,
  operations: readonly string[],
): object {
  return {
    apiGroups: [of.group],
    apiVersions: [of.version],
    resources: [of.plural],
    operations,
    scope: 'Namespaced',
  };
}

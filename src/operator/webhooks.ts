import type { KubernetesObject } from '../api/core.ts';
import { kinds, type Kind } from '../api/kinds.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { ignore, monitoredBy } from '../api/labels.ts';
import { declare, type Desired } from './desired.ts';
import {
  controlPlaneName,
  injectionPath,
  ports,
  validationPath,
} from '../api/control-plane-names.ts';

/** Names of the webhook configurations of a mesh. */
export function webhookNames(meshName: string): { injector: string; validator: string } {
  return { injector: `weft-injector-${meshName}`, validator: `weft-validator-${meshName}` };
}

/**
 * The webhook configurations, trusting the certificate authorities in `caBundle` (PEM). Both fail
 * closed: a pod must not start without its sidecar, nor a policy go unchecked. They never concern
 * the control plane's own namespace, so it can always come back by itself.
 */
export function planWebhooks(meshConfig: MeshConfig, caBundle: string): readonly Desired[] {
  const { injector, validator } = webhookNames(meshNameOf(meshConfig));
  const mutating = {
    ...webhook(meshConfig, { name: 'inject.weft.dev', path: injectionPath, caBundle }),
    reinvocationPolicy: 'Never',
    rules: [rule(kinds.pod, ['CREATE'])],
  };
  const validating = {
    ...webhook(meshConfig, { name: 'validate.weft.dev', path: validationPath, caBundle }),
    rules: policyKinds.map((of) => rule(of, ['CREATE', 'UPDATE'])),
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

/** The name of the mesh that a MeshConfig describes. */
export function meshNameOf(meshConfig: MeshConfig): string {
  return meshConfig.spec.meshName ?? 'osm';
}

const policyKinds = [kinds.trafficTarget, kinds.httpRouteGroup, kinds.tcpRoute, kinds.trafficSplit];

function webhook(
  meshConfig: MeshConfig,
  { name, path, caBundle }: { name: string; path: string; caBundle: string },
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
        { key: monitoredBy, operator: 'In', values: [meshNameOf(meshConfig)] },
        { key: ignore, operator: 'DoesNotExist' },
        { key: 'control-plane', operator: 'DoesNotExist' },
        { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [namespace] },
      ],
    },
    objectSelector: {},
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

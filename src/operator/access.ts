import { kinds } from '../api/kinds.ts';
import { policyKinds } from '../api/policy-kinds.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { declare, type Desired, ownerOf } from './desired.ts';
import {
  bootstrapConfigMap,
  caBundleConfigMap,
  certificatesConfigMap,
  controlPlaneName,
  meshGrant,
  meshGrantName,
  proxiesConfigMap,
} from '../api/control-plane-names.ts';

import type { RootNeeds } from '../rotation/needs.ts';

/** A PolicyRule of Kubernetes' RBAC. */
export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

const read = ['get', 'list', 'watch'];

/** To ask the API server which user sends a request for metrics, and whether that user may read them. */
const metricsReviews: readonly Rule[] = [
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

/** What the control plane may do in the whole cluster. config/rbac holds the same for the operator. */
export const clusterRules: readonly Rule[] = [
  { apiGroups: [''], resources: ['namespaces', 'pods', 'services'], verbs: read },
  // The control plane refuses tokens of a deleted account, even if a new account has the same name.
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  ...policyRules(),
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: [bootstrapConfigMap],
    verbs: [...read, 'create', 'patch', 'delete'],
  },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  // The API server decides which users may read the metrics.
  ...metricsReviews,
  // The issuer of ServiceAccount tokens, and the keys that it signs them with.
  { nonResourceURLs: ['/.well-known/openid-configuration', '/openid/v1/jwks'], verbs: ['get'] },
];

/** What the control plane may do in its own namespace, whatever the roots. Only creation cannot be narrowed by name. */
const namespaceRules: readonly Rule[] = [
  {
    apiGroups: ['config.openservicemesh.io'],
    resources: ['meshconfigs', 'meshrootcertificates'],
    verbs: read,
  },
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: [caBundleConfigMap, certificatesConfigMap, proxiesConfigMap],
    verbs: [...read, 'create', 'patch'],
  },
  { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [controlPlaneName],
    verbs: ['get', 'patch'],
  },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
];

/**
 * All that the control plane may do in its own namespace for these roots: Secrets by name, issuers' ways in
 * (docs/decisions/0101).
 */
export function rulesFor({
  read: readOnly,
  kept,
  certManager,
  tokens,
}: RootNeeds): readonly Rule[] {
  const secrets = (resourceNames: readonly string[], verbs: readonly string[]): readonly Rule[] =>
    resourceNames.length === 0
      ? []
      : [{ apiGroups: [''], resources: ['secrets'], resourceNames, verbs }];
  const requests: Rule = {
    apiGroups: ['cert-manager.io'],
    resources: ['certificaterequests'],
    verbs: ['create', ...read, 'delete'],
  };
  const token: Rule = {
    apiGroups: [''],
    resources: ['serviceaccounts/token'],
    resourceNames: [controlPlaneName],
    verbs: ['create'],
  };
  return [
    ...namespaceRules,
    ...secrets(kept, [...read, 'patch']),
    ...secrets(readOnly, read),
    ...(certManager ? [requests] : []),
    ...(tokens ? [token] : []),
  ];
}

/** Reading the policies of each API group and writing their status. */
function policyRules(): readonly Rule[] {
  const byGroup = Map.groupBy(Object.values(policyKinds), ({ group }) => group);
  return [...byGroup].flatMap(([group, rows]) => [
    { apiGroups: [group], resources: rows.map(({ plural }) => plural), verbs: read },
    {
      apiGroups: [group],
      resources: rows.map(({ plural }) => `${plural}/status`),
      verbs: ['patch'],
    },
  ]);
}

/**
 * The control plane's ServiceAccount and its rights, in the order to apply them; last the grant that
 * says that the mesh is there, which webhooks.ts asks about.
 */
export function planAccess(meshConfig: MeshConfig, needs: RootNeeds): readonly Desired[] {
  const account = {
    kind: 'ServiceAccount',
    name: controlPlaneName,
    namespace: meshConfig.metadata.namespace,
  };
  const roleRef = (kind: string, name = controlPlaneName): object => ({
    apiGroup: 'rbac.authorization.k8s.io',
    kind,
    name,
  });
  const { group, resource, verb } = meshGrant;
  const grant = { name: meshGrantName, ownerReferences: [ownerOf(meshConfig)] };
  return [
    declare(meshConfig, kinds.serviceAccount, {}),
    declare(meshConfig, kinds.clusterRole, { rules: clusterRules }),
    declare(meshConfig, kinds.clusterRoleBinding, {
      roleRef: roleRef('ClusterRole'),
      subjects: [account],
    }),
    declare(meshConfig, kinds.role, { rules: rulesFor(needs) }),
    declare(meshConfig, kinds.roleBinding, { roleRef: roleRef('Role'), subjects: [account] }),
    declare(meshConfig, kinds.role, {
      ...grant,
      rules: [{ apiGroups: [group], resources: [resource], verbs: [verb] }],
    }),
    declare(meshConfig, kinds.roleBinding, {
      ...grant,
      roleRef: roleRef('Role', meshGrantName),
      subjects: [account],
    }),
  ];
}

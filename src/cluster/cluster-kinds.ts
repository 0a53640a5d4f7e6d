import type { EndpointSlice, Namespace, Pod, Service } from '../api/core.ts';
import { type Kind, kinds } from '../api/kinds.ts';
import { policyKinds, type PolicyTypes } from '../api/policy-kinds.ts';

/** The kinds a snapshot is made of, and the type of each. */
export interface ClusterKinds extends PolicyTypes {
  readonly Namespace: Namespace;
  readonly Pod: Pod;
  readonly Service: Service;
  readonly EndpointSlice: EndpointSlice;
}

export type ClusterKind = keyof ClusterKinds;

/** Where the API server has each kind. */
export const clusterKinds: Readonly<Record<ClusterKind, Kind>> = {
  Namespace: kinds.namespace,
  Pod: kinds.pod,
  Service: kinds.service,
  EndpointSlice: kinds.endpointSlice,
  ...policyKinds,
};

export const clusterKindNames = Object.keys(clusterKinds) as readonly ClusterKind[];

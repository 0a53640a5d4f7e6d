import type { KubernetesObject } from './core.ts';

/** The fields of an admission.k8s.io/v1 AdmissionRequest that Weft's webhooks read. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly operation: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly dryRun?: boolean;
  readonly object?: KubernetesObject;
  readonly oldObject?: KubernetesObject;
}

/** One RFC 6902 operation. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** A handler's verdict. A refusal's message names the object, the field, the reason and the remedy. */
export type AdmissionAnswer =
  | {
      readonly allowed: true;
      readonly patch?: readonly PatchOperation[];
      readonly warnings?: readonly string[];
    }
  | { readonly allowed: false; readonly message: string };

/** Decides about one request. Pure from the API server's point of view: no side effects. */
export type AdmissionHandler = (request: AdmissionRequest) => AdmissionAnswer;

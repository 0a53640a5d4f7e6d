import type { CertificatePlan } from '../../../src/api/certificate-plan.ts';

/** A replica of the control plane in a model: the plan that it follows. */
export interface ReplicaModel {
  plan: CertificatePlan;
}

/** A sidecar in a model, with what it really has, and what of that the control plane knows. */
export interface SidecarModel {
  readonly name: string;
  frozen: boolean;
  replica: ReplicaModel | undefined;
  /** Roots in the file with which it verifies the control plane. */
  file: readonly string[];
  trust: readonly string[] | undefined;
  leaf: string | undefined;
  /** The signer of the certificate that its stream was opened on. */
  server: string | undefined;
  acked: { trust: number; leaf: number; channel: number };
}

const unknown = { trust: -1, leaf: -1, channel: -1 };

/** One that has only the file it starts with. */
export function startSidecar(name: string, file: readonly string[]): SidecarModel {
  const none = {
    trust: undefined,
    leaf: undefined,
    replica: undefined,
    server: undefined,
  };
  return { name, frozen: false, file, ...none, acked: { ...unknown } };
}

/** Its stream is lost, and with it what it acknowledged there. */
export function cut(sidecar: SidecarModel): void {
  sidecar.replica = undefined;
  sidecar.acked = { ...unknown };
}

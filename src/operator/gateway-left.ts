import type { CertificateReport, GatewayReport } from '../api/certificate-report.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';

/** The ingress gateway's Secret that is not removed yet. */
export interface GatewayLeft {
  /** `<namespace>/<name>` */
  readonly secret: string;
  /** Why it still exists, as a sentence. */
  readonly why: string;
}

/**
 * The Secret that the control plane's leader still has to remove, according to its report; only the control plane has
 * the rights to. Undefined when the Secret is gone, or when no leader ever reported, so none wrote one. Pure.
 */
export function gatewayLeft(
  spec: Pick<MeshConfig['spec'], 'certificate'>,
  report: CertificateReport | undefined,
): GatewayLeft | undefined {
  if (report === undefined || isReleased(report)) return undefined;
  const gateway = writtenIn(report);
  const at = gateway ?? spec.certificate?.ingressGateway?.secret;
  if (at === undefined) return undefined;
  const why = gateway?.trouble?.message ?? 'the control plane did not report that it removed it';
  return { secret: `${at.namespace}/${at.name}`, why };
}

function isReleased(report: CertificateReport): boolean {
  return writtenIn(report) === undefined && report.released === true;
}

/** A Secret that is known to be there. */
function writtenIn({ gateway, gatewaysLeft = [] }: CertificateReport): GatewayReport | undefined {
  return gateway ?? gatewaysLeft[0];
}

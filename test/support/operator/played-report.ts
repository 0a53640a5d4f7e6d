import { createHash } from 'node:crypto';
import { planOf } from '../../../src/api/certificate-plan.ts';
import {
  type CertificateReport,
  formatReport,
  reportKey,
  type AckCounts,
} from '../../../src/api/certificate-report.ts';
import { makeRoot } from '../certificates/make-authority.ts';
import { getMeshConfig, publish, type OperatorRig } from './operator-on-api-server.ts';

const roots = new Map<string, string>();
const ends = new Map<string, number>();
const tenYearsMs = 3650 * 86_400_000;

/** The PEM of the root that the played control plane finds under a name; always the same. */
export function rootPem(name: string): string {
  const pem = roots.get(name) ?? makeRoot().certificate.pem;
  roots.set(name, pem);
  return pem;
}

/** The root found under that name ends then, in ms since the epoch; others in ten years. */
export function endRoot(name: string, notAfter: number): void {
  ends.set(name, notAfter);
}

/** From now on the issuer of that name has another root. */
export function replaceRoot(name: string): void {
  roots.delete(name);
}

/** What the control plane says when all proxies have followed the plan as it is, but for `but`. */
export async function reportOf(
  rig: OperatorRig,
  but: Partial<CertificateReport> = {},
): Promise<CertificateReport> {
  const plan = planOf(await getMeshConfig(rig));
  const { step = 0, signerStep = 0, serverStep = 0, trustedStep = 0 } = plan ?? {};
  const names = plan === undefined ? ['weft-root-1'] : [...plan.trusted, plan.candidate ?? ''];
  const all = (of: number): AckCounts => ({ step: of, acknowledged: 3, total: 3, waiting: [] });
  const found = names
    .filter((name) => name !== '')
    .map((name) => {
      const pem = rootPem(name);
      const fingerprint = createHash('sha256').update(pem).digest('hex');
      const notAfter = ends.get(name) ?? Date.now() + tenYearsMs;
      return [name, { ready: true, roots: pem, fingerprint, notAfter }] as const;
    });
  return {
    ...{ step, complete: true, roots: Object.fromEntries(found) },
    ...{ trust: all(trustedStep), leaves: all(signerStep), channel: all(serverStep) },
    bootstraps: { step: trustedStep, since: Date.now() - 200_000 },
    health: { held: 3, waiting: 0 },
    ...but,
  };
}

/** Writes that report as the leader of the control plane does. */
export async function playReport(
  rig: OperatorRig,
  but: Partial<CertificateReport> = {},
): Promise<void> {
  const report = await reportOf(rig, but);
  await publish(rig, 'weft-certificates', { [reportKey]: formatReport(report) });
}

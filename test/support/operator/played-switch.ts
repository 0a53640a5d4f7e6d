import type { CertificateReport } from '../../../src/api/certificate-report.ts';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../../src/api/gen/mesh-root-certificate.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { patchSpec } from './mesh-objects.ts';
import { playReport, reportOf } from './played-report.ts';
import { getMeshConfig, getObject, type OperatorRig } from './operator-on-api-server.ts';
import { until } from '../time/until.ts';

// A control plane that follows a switch, played: it reports what the plan wants to hear.

/** Edits spec.certificate as a user would. */
export async function edit(rig: OperatorRig, certificate: unknown): Promise<void> {
  await patchSpec(rig, { certificate });
}

/** What the MeshConfig says of certificates. */
export async function status(
  rig: OperatorRig,
): Promise<NonNullable<NonNullable<MeshConfig['status']>['certificate']>> {
  return (await getMeshConfig(rig))?.status?.certificate ?? {};
}

/** The record of a root. */
export function getRoot(rig: OperatorRig, name: string): Promise<MeshRootCertificate | undefined> {
  return getObject<MeshRootCertificate>(rig, kinds.meshRootCertificate, name);
}

/** Plays a control plane that follows each step at once, until the status is as wanted; each phase seen. */
export async function follow(
  rig: OperatorRig,
  isThere: (phase: string | undefined, to: string | undefined) => boolean,
  onPhase: (phase: string) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const phases: string[] = [];
  let reported = 0;
  await until(
    async () => {
      const { rotation, plan } = await status(rig);
      if (rotation !== undefined && phases.at(-1) !== rotation.phase) {
        phases.push(rotation.phase);
        await onPhase(rotation.phase);
      }
      if (isThere(rotation?.phase, rotation?.to)) return true;
      if (plan !== undefined && plan.step !== reported) {
        reported = plan.step;
        await playReport(rig);
      }
      return false;
    },
    { withinMs: 40_000 },
  );
  return phases;
}

/** Until the mesh rests, under a root of this provider. */
export async function arrive(rig: OperatorRig, provider: string): Promise<string> {
  await until(
    async () => {
      await follow(rig, (phase) => phase === undefined);
      return (await status(rig)).summary === provider;
    },
    { withinMs: 40_000 },
  );
  return (await status(rig)).root ?? '';
}

/** Reports once, but for what `but` says otherwise. */
export async function hold(
  rig: OperatorRig,
  but: (report: CertificateReport) => Partial<CertificateReport>,
): Promise<void> {
  await playReport(rig, but(await reportOf(rig)));
}

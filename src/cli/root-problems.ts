import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { rotationSettingsOf } from '../api/rotation-settings.ts';
import type { CertificateFacts, LeavesFact } from './certificate-facts.ts';
import type { Problem } from './problem.ts';
import { timestamp } from '../common/timestamp.ts';

/** A root that cannot be used, or that ends. `now` is in milliseconds since the epoch. */
export function rootProblems(facts: CertificateFacts, now: number): readonly Problem[] {
  const refused = facts.roots.flatMap((root) => refusal(root, facts));
  const unable = facts.roots.flatMap((root) => inability(root, facts));
  return [...refused, ...unable, ...endOfSigner(facts, now), ...endsOfTrusted(facts, now)];
}

/** The problems in the control plane's report on workloads' certificates. */
export function leafProblems(leaves: LeavesFact, now: number): readonly Problem[] {
  if (leaves.kind !== 'reported') return [];
  const { failure, earliestExpiry } = leaves.health;
  const found: Problem[] = [];
  if (failure !== undefined) {
    found.push({
      severity: 'failing',
      code: 'leaves-failing',
      message: `Weft has been unable to issue certificates of workloads since ${timestamp(failure.since)}: ${failure.message}`,
      remedy: `Look up ${failure.code} in docs/errors.md. Proxies keep their certificates until these expire.`,
    });
  }
  if (earliestExpiry !== undefined && earliestExpiry <= now) {
    found.push({
      severity: 'failing',
      code: 'leaf-ended',
      message: `A certificate of a workload expired at ${timestamp(earliestExpiry)} and was not renewed.`,
      remedy:
        'See the log of the control plane, which should renew each certificate long before it expires.',
    });
  }
  return found;
}

/** A refused root is `held` when a switch leads to it or its role is active; else it is only a warning. */
function refusal(root: MeshRootCertificate, { meshConfig }: CertificateFacts): readonly Problem[] {
  const why = whyRefused(root);
  if (why === undefined) return [];
  const { name } = root.metadata;
  const problem = { code: 'root-refused', message: `${name} cannot be used. ${why}` } as const;
  if (meshConfig.status?.certificate?.rotation?.to === name) {
    return [{ severity: 'held', ...problem, remedy: waits }];
  }
  return [{ severity: root.spec.role === 'active' ? 'held' : 'warning', ...problem }];
}

/** Undefined for a root that was not refused. */
function whyRefused({ status }: MeshRootCertificate): string | undefined {
  const accepted = status?.conditions?.find(({ type }) => type === 'Accepted');
  if (status?.state !== 'refused' && accepted?.status !== 'False') return undefined;
  return accepted === undefined
    ? 'Its conditions do not say why.'
    : `${accepted.reason}: ${accepted.message}`;
}

/**
 * The problem of an accepted root whose issuer cannot sign now. It matters while the root signs or a switch leads to
 * it.
 */
function inability(
  root: MeshRootCertificate,
  { meshConfig }: CertificateFacts,
): readonly Problem[] {
  const why = whyUnable(root);
  if (why === undefined) return [];
  const { name } = root.metadata;
  const problem = { code: 'root-cannot-sign', message: `${name} cannot sign. ${why}` } as const;
  if (root.status?.state === 'issuing') {
    const remedy =
      'Proxies keep their certificates until these expire. Fix what the message names.';
    return [{ severity: 'failing', ...problem, remedy }];
  }
  if (meshConfig.status?.certificate?.rotation?.to !== name) return [];
  return [{ severity: 'held', ...problem, remedy: waits }];
}

/** Undefined for a root that can sign, and for a refused root. */
function whyUnable(root: MeshRootCertificate): string | undefined {
  const ready = root.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'False' || whyRefused(root) !== undefined) return undefined;
  return `${ready.reason}: ${ready.message}`;
}

const waits =
  'The mesh stays on its old root. Fix what the message names; Weft tries again within 5 minutes.';

const moveOn =
  'Switch to another root in spec.certificate.provider of the MeshConfig; docs/cli.md shows how to follow the switch.';

function endOfSigner({ meshConfig }: CertificateFacts, now: number): readonly Problem[] {
  const { root = 'The root in use', rootNotAfter = '' } = meshConfig.status?.certificate ?? {};
  const left = Date.parse(rootNotAfter) - now;
  if (left <= 0) {
    const message = `${root} expired at ${rootNotAfter}: proxies refuse the certificates that it signed.`;
    return [{ severity: 'failing', code: 'root-ended', message, remedy: moveOn }];
  }
  const { renewBefore: before } = rotationSettingsOf(meshConfig.spec);
  // Without an end time, `left` is NaN and the comparison is false.
  if (isSwitching(meshConfig) || !(left < before.ms)) return [];
  const message = `${root} expires at ${rootNotAfter}, which is less than renewBefore (${before.text}) away.`;
  return [{ severity: 'warning', code: 'root-ending', message, remedy: moveOn }];
}

/** Whether a switch is in progress: the mesh often leaves a root because it expires soon. */
function isSwitching({ status }: MeshConfig): boolean {
  return status?.certificate?.rotation !== undefined;
}

function endsOfTrusted({ meshConfig, roots }: CertificateFacts, now: number): readonly Problem[] {
  return roots
    .filter(({ metadata, status }) => {
      const isTrusted = status?.state === 'issuing' || status?.state === 'validating';
      const isSigner = metadata.name === meshConfig.status?.certificate?.root;
      return isTrusted && !isSigner && Date.parse(status.notAfter ?? '') <= now;
    })
    .map(({ metadata, status }) => ({
      severity: 'warning',
      code: 'root-ended',
      message: `${metadata.name}, which is still trusted, expired at ${status?.notAfter ?? ''}.`,
    }));
}

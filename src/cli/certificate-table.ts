// Input: a status and the time. Output: lines for people. Rule: the most important line is first, and
// every line is clear to a first-time reader.
import type { Problem } from './problem.ts';
import {
  type CertificateStatus,
  type LeavesStatus,
  type SwitchPhase,
  type ProxiesStatus,
  type RootStatus,
  type ShownRotation,
  phases,
} from './certificate-status.ts';
import { columnLines, type Field, fieldLines } from './lines.ts';
import { formatSpan } from './span.ts';

const labelWidth = 'Waits for'.length + 2;

/** Pure. `now` is in milliseconds since the epoch; lines have no line ends. */
export function certificateTable(status: CertificateStatus, now: number): readonly string[] {
  const { rotation, roots, problems } = status;
  return [
    ...fieldLines(headFields(status, now), labelWidth),
    ...(rotation === undefined
      ? []
      : ['', ...fieldLines(rotationFields(rotation, now), labelWidth)]),
    ...(roots.length === 0 ? [] : ['', ...columnLines(rootRows(roots, now))]),
    ...(problems.length === 0 ? [] : ['', ...problems.flatMap(problemLines)]),
  ];
}

function headFields(status: CertificateStatus, now: number): readonly Field[] {
  const { mesh, meshConfig, asOf, provider, proxies, leaves } = status;
  return [
    ['Mesh', `${mesh} (MeshConfig ${meshConfig})`],
    ['State', stateLine(status)],
    [
      'As of',
      ...(asOf === undefined ? [] : [`${asOf} (${formatSpan(now - Date.parse(asOf))} ago)`]),
    ],
    ['Provider', provider ?? 'not known yet'],
    ['Root', rootLine(status, now)],
    ['Proxies', proxies === undefined ? 'not reported' : proxiesLine(proxies)],
    ['Leaves', ...(leaves === undefined ? [] : [leavesLine(leaves, now)])],
  ];
}

/** Shows the expected number only when proxies are missing. */
function proxiesLine({ expected, connected, synced, rejected }: ProxiesStatus): string {
  const missing = expected !== undefined && expected > connected;
  return [
    missing ? `${connected} of ${expected} connected` : `${connected} connected`,
    `${synced} in sync`,
    ...(rejected > 0 ? [`${rejected} rejected a resource`] : []),
  ].join(', ');
}

function stateLine({ state, rotation, problems }: CertificateStatus): string {
  const below = problems.length > 0 ? '; see below' : '';
  switch (state) {
    case 'healthy':
      return `healthy${below}`;
    case 'switching':
      return `switching to ${rotation?.to ?? 'another root'} as expected${below}`;
    case 'unknown':
      return `not known yet${below}`;
    case 'held':
      return `held, needs action${below}`;
    case 'failing':
      return `failing, needs action${below}`;
  }
}

/** The digits of the SHA-256 that are shown: enough to distinguish roots at a glance. */
const fingerprintDigits = 12;

function rootLine({ root, rootNotAfter, roots }: CertificateStatus, now: number): string {
  const fingerprint = roots.find(({ name }) => name === root)?.fingerprint;
  const parts = [
    root ?? 'not recorded yet',
    ...(fingerprint === undefined ? [] : [`SHA-256 ${fingerprint.slice(0, fingerprintDigits)}`]),
    ...(rootNotAfter === undefined ? [] : [endOf(rootNotAfter, now)]),
  ];
  return parts.join(', ');
}

function leavesLine(leaves: LeavesStatus, now: number): string {
  const { held = 0, waiting = 0, earliestNotAfter, notReadable } = leaves;
  if (notReadable !== undefined) return `not readable: ${notReadable}`;
  const end =
    earliestNotAfter === undefined
      ? ''
      : `; the first ${endOf(earliestNotAfter, now)} unless renewed`;
  return `${held} certificates of workloads${waiting > 0 ? `, ${waiting} being issued` : ''}${end}`;
}

function endOf(notAfter: string, now: number): string {
  const ms = Date.parse(notAfter) - now;
  if (Number.isNaN(ms)) return `ends ${notAfter}`;
  if (ms <= 0) return `ended ${notAfter} (${formatSpan(-ms)} ago)`;
  return `ends ${notAfter} (in ${formatSpan(ms)})`;
}

/** The work of each phase. */
const doing: Readonly<Record<SwitchPhase, string>> = {
  Preflight: 'Weft probes the new root; no proxy changes',
  TrustBoth: 'every proxy starts to trust the new root, and still trusts the old root',
  SignNew:
    'every proxy gets a certificate of the new root, and kubelets bring the roots to running pods',
  Settle: 'the control plane moves to the new root, and certificates of the old root go out of use',
  DropOld: 'every proxy stops trusting the old root',
};

function rotationFields(rotation: ShownRotation, now: number): readonly Field[] {
  const { from, to, phase, acknowledged, total, since, waiting, message } = rotation;
  const lasted = Date.parse(since ?? '');
  const age = Number.isNaN(lasted) ? '' : `, since ${since ?? ''} (${formatSpan(now - lasted)})`;
  return [
    ['Switch', `${from ?? '(no root)'} → ${to}`],
    ['Phase', `${phase}, ${rotation.step} of ${rotation.steps}${age}`, ...ladder(phase)],
    [
      'Proxies',
      total === 0
        ? 'this phase needs no acknowledgement'
        : `${acknowledged} of ${total} acknowledged`,
    ],
    ['Waits for', ...waitingLines(waiting, total - acknowledged)],
    ['Message', ...(message === undefined ? [] : [message])],
  ];
}

function ladder(current: SwitchPhase): readonly string[] {
  const at = phases.indexOf(current);
  const width = Math.max(...phases.map((phase) => phase.length));
  return phases.map((phase, index) => {
    const mark = index < at ? 'done' : index === at ? 'now ' : '    ';
    return `${mark}  ${phase.padEnd(width)}  ${doing[phase]}`;
  });
}

function waitingLines(waiting: readonly string[], missing: number): readonly string[] {
  const more = missing - waiting.length;
  return waiting.length > 0 && more > 0 ? [...waiting, `and ${more} more`] : waiting;
}

function rootRows(roots: readonly RootStatus[], now: number): readonly (readonly string[])[] {
  const head = ['ROOT', 'ROLE', 'STATE', 'PROVIDER', 'TRUST DOMAIN', 'KEYS', 'FINGERPRINT', 'ENDS'];
  const rows = roots.map(({ name, role, state, provider = '', trustDomain, keys, ...rest }) => {
    const { fingerprint = '', notAfter } = rest;
    return [
      ...[name, role, state, provider, trustDomain, keys],
      fingerprint.slice(0, fingerprintDigits),
      notAfter === undefined ? '' : endsIn(notAfter, now),
    ];
  });
  return [head, ...rows];
}

function endsIn(notAfter: string, now: number): string {
  const ms = Date.parse(notAfter) - now;
  if (Number.isNaN(ms)) return notAfter;
  const day = notAfter.slice(0, 10);
  return ms <= 0 ? `${day} (${formatSpan(-ms)} ago)` : `${day} (in ${formatSpan(ms)})`;
}

function problemLines({ severity, code, message, remedy }: Problem): readonly string[] {
  const advice = remedy === undefined ? [] : [`→ ${remedy}`];
  return fieldLines([[severity, `[${code}] ${message}`, ...advice]], labelWidth);
}

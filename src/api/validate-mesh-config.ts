import type { MeshConfig, MeshConfigSpec } from './gen/mesh-config.ts';
import { problemOfGatewayName } from './gateway-name.ts';
import { problemOfGatewaySecret } from './gateway-secret.ts';
import { isSetAsideEntry } from './set-aside.ts';
import { problemsOfSidecars } from './sidecar-spec.ts';
import { cipherSuites, ecdhCurves } from './tls.ts';
import { problemOfVaultAddress } from './vault-address.ts';
import { problemOfVaultAudience } from './vault-audience.ts';
import type { Frozen } from '../common/freeze.ts';
import { parseDuration } from '../common/duration.ts';

/** Something in a spec that cannot be put into force: which field, why, and what to do. */
export interface SpecProblem {
  readonly kind: 'invalid' | 'not-available';
  readonly field: string;
  readonly message: string;
}

type Spec = Frozen<MeshConfigSpec>;

/**
 * Checks what the schema lets through: OSM's fields, which keep OSM's wide schema so that its manifests apply, and
 * objects that are older than a rule. Pure; an empty list means that the spec is valid (docs/decisions/0032).
 */
export function validateSpec(meshConfig: MeshConfig): readonly SpecProblem[] {
  const { spec } = meshConfig;
  return [
    ...checkDurations(spec),
    ...checkTls(spec),
    ...checkTlsWords(spec),
    ...checkTraffic(spec),
    ...checkObservability(spec),
    ...checkCertificate(spec),
    ...checkGatewaySecret(meshConfig),
    ...checkControlPlane(spec),
  ];
}

function invalid(field: string, message: string): SpecProblem {
  return { kind: 'invalid', field: `spec.${field}`, message };
}

function notAvailable(field: string, message: string): SpecProblem {
  return { kind: 'not-available', field: `spec.${field}`, message };
}

function checkDurations({ sidecar, traffic, certificate }: Spec): SpecProblem[] {
  const authorization = traffic?.inboundExternalAuthorization;
  return [
    ...checkDuration(
      'certificate.serviceCertValidityDuration',
      certificate?.serviceCertValidityDuration,
    ),
    ...checkDuration(
      'certificate.ingressGateway.validityDuration',
      certificate?.ingressGateway?.validityDuration,
    ),
    ...checkRotation(certificate?.rotation),
    ...checkDuration('traffic.inboundExternalAuthorization.timeout', authorization?.timeout),
    ...checkDuration('sidecar.configResyncInterval', sidecar?.configResyncInterval, 'for never'),
  ];
}

function checkRotation(rotation: NonNullable<Spec['certificate']>['rotation']): SpecProblem[] {
  const { bundlePropagation, renewBefore, setAsideAfter } = rotation ?? {};
  const forNobody = 'to wait for no kubelet';
  return [
    ...checkDuration('certificate.rotation.bundlePropagation', bundlePropagation, forNobody),
    ...checkDuration('certificate.rotation.renewBefore', renewBefore),
    ...checkDuration('certificate.rotation.setAsideAfter', setAsideAfter),
  ];
}

/** `zero` says what 0s means, for a field that may be 0s. */
function checkDuration(field: string, text: string | undefined, zero?: string): SpecProblem[] {
  if (text === undefined) return [];
  const ms = parseDuration(text);
  if (zero !== undefined) {
    const remedy = `write it as 30s or 5m, or 0s ${zero}`;
    return ms === undefined ? [invalid(field, `"${text}" is not a duration; ${remedy}`)] : [];
  }
  if ((ms ?? 0) > 0) return [];
  return [invalid(field, `"${text}" is not a duration above zero; write it as 24h, 90m or 1h30m`)];
}

const tlsOrder = ['TLSv1_0', 'TLSv1_1', 'TLSv1_2', 'TLSv1_3'];

function checkTls({ sidecar = {} }: Spec): SpecProblem[] {
  const { tlsMinProtocolVersion: min = '', tlsMaxProtocolVersion: max = '' } = sidecar;
  const [lowest, highest] = [tlsOrder.indexOf(min), tlsOrder.indexOf(max)];
  const problems: SpecProblem[] = [];
  if (lowest >= 0 && highest >= 0 && lowest > highest) {
    const remedy = 'lower tlsMinProtocolVersion or raise tlsMaxProtocolVersion';
    problems.push(
      invalid('sidecar.tlsMinProtocolVersion', `${min} is newer than ${max}; ${remedy}`),
    );
  }
  if (highest >= 0 && highest < tlsOrder.indexOf('TLSv1_2')) {
    const reason = `with ${max} sidecars cannot reach the control plane`;
    problems.push(invalid('sidecar.tlsMaxProtocolVersion', `${reason}; use TLSv1_2 or TLSv1_3`));
  }
  return problems;
}

function checkTlsWords({ sidecar = {} }: Spec): SpecProblem[] {
  const unknownIn = (
    field: 'cipherSuites' | 'ecdhCurves',
    known: readonly string[],
  ): SpecProblem[] =>
    (sidecar[field] ?? [])
      .filter((word) => !known.includes(word))
      .map((word) =>
        invalid(
          `sidecar.${field}`,
          `Envoy does not know "${word}"; use some of ${known.join(', ')}`,
        ),
      );
  return [...unknownIn('cipherSuites', cipherSuites), ...unknownIn('ecdhCurves', ecdhCurves)];
}

function checkTraffic({ sidecar = {}, traffic = {} }: Spec): SpecProblem[] {
  const problems = problemsOfSidecars(sidecar, traffic).map(({ field, message }) =>
    invalid(field, message),
  );
  if (traffic.inboundExternalAuthorization?.enable !== true) return problems;
  // Without external authorization the mesh would let through requests that the user wants authorized.
  const reason = 'external authorization is not available in this version of Weft';
  return [
    ...problems,
    notAvailable('traffic.inboundExternalAuthorization.enable', `${reason}; set it to false`),
  ];
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic', 'disabled'];

function checkObservability({ observability = {} }: Spec): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const level = observability.osmLogLevel ?? 'info';
  if (!logLevels.includes(level)) {
    const remedy = `use one of ${logLevels.join(', ')}`;
    problems.push(invalid('observability.osmLogLevel', `"${level}" is not a log level; ${remedy}`));
  }
  const port = observability.tracing?.port ?? 9411;
  if (port < 1 || port > 65_535) {
    problems.push(invalid('observability.tracing.port', `${port} is not a port; use 1 to 65535`));
  }
  return problems;
}

function checkCertificate({ certificate = {} }: Spec): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const bits = certificate.certKeyBitSize ?? 2048;
  if (bits < 2048 || bits > 4096) {
    problems.push(
      invalid('certificate.certKeyBitSize', `${bits} is out of range; use 2048 to 4096`),
    );
  }
  return [
    ...problems,
    ...checkProvider(certificate),
    ...checkGateway(certificate),
    ...checkSetAside(certificate),
  ];
}

type Certificate = NonNullable<Spec['certificate']>;

function checkProvider({ provider = {} }: Certificate): SpecProblem[] {
  const { kind = 'builtIn', vault } = provider;
  if (kind === 'builtIn') return [];
  if (provider[kind] === undefined) {
    const message = `kind is ${kind}, but this is missing; add it, or set kind to builtIn`;
    return [invalid(`certificate.provider.${kind}`, message)];
  }
  return kind === 'vault' && vault !== undefined ? checkVault(vault) : [];
}

type Vault = NonNullable<NonNullable<Certificate['provider']>['vault']>;

function checkVault({ address, auth = {} }: Vault): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const problem = problemOfVaultAddress(address);
  if (problem !== undefined) problems.push(invalid('certificate.provider.vault.address', problem));
  const audience = auth.kubernetes?.audience;
  const unfit = audience === undefined ? undefined : problemOfVaultAudience(audience);
  if (unfit !== undefined)
    problems.push(invalid('certificate.provider.vault.auth.kubernetes.audience', unfit));
  if (auth.kubernetes === undefined && auth.tokenSecretRef === undefined) {
    const message = 'it has neither kubernetes nor tokenSecretRef; add one of them';
    problems.push(invalid('certificate.provider.vault.auth', message));
  }
  return problems;
}

function checkGateway({ ingressGateway }: Certificate): SpecProblem[] {
  return (ingressGateway?.subjectAltNames ?? []).flatMap((name, index) => {
    const problem = problemOfGatewayName(name);
    const field = `certificate.ingressGateway.subjectAltNames[${index}]`;
    return problem === undefined ? [] : [invalid(field, `"${name}": ${problem}`)];
  });
}

function checkGatewaySecret(meshConfig: MeshConfig): SpecProblem[] {
  const problem = problemOfGatewaySecret(meshConfig);
  return problem === undefined ? [] : [invalid('certificate.ingressGateway.secret', problem)];
}

function checkSetAside({ rotation: { setAside = [] } = {} }: Certificate): SpecProblem[] {
  return setAside.flatMap((name, index) =>
    isSetAsideEntry(name)
      ? []
      : [
          invalid(
            `certificate.rotation.setAside[${index}]`,
            `"${name}" does not name a pod; write <namespace>/<name>, or <namespace>/* for all pods of a namespace`,
          ),
        ],
  );
}

function checkControlPlane({ controlPlane = {} }: Spec): SpecProblem[] {
  const { autoscaling, podDisruptionBudget: budget } = controlPlane;
  const problems: SpecProblem[] = [];
  const { min = 2, max = 5 } = autoscaling ?? {};
  if (min > max) {
    const message = `${min} is greater than max, ${max}; lower min or raise max`;
    problems.push(invalid('controlPlane.autoscaling.min', message));
  }
  if (budget?.minAvailable !== undefined && budget.maxUnavailable !== undefined) {
    const message = 'it has both minAvailable and maxUnavailable; remove one';
    problems.push(invalid('controlPlane.podDisruptionBudget', message));
  }
  return problems;
}

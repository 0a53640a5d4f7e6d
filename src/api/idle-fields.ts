import type { MeshConfigSpec } from './gen/mesh-config.ts';
import type { Frozen } from '../common/freeze.ts';

/** A field of a MeshConfig that the schema accepts, so that OSM's manifests apply, but that has no effect. */
export interface IdleField {
  /** Below spec. A field that holds others stands for all of them. */
  readonly path: string;
  /** The value that asks for no effect; every other value asks for one. If left out, every value does. */
  readonly unless?: string | number | boolean;
  /** The reason why the field has no effect, and the field or object that the user can use instead. */
  readonly why: string;
}

const flag = (name: string, unless: boolean, why: string): IdleField => ({
  path: `featureFlags.${name}`,
  unless,
  why,
});

/**
 * The only list of idle fields (docs/decisions/0102). The admission policy that warns of them, the table in the docs
 * and the notes in the status are made from it. A test checks that some code reads every other field of the schema.
 */
export const idleFields: readonly IdleField[] = [
  {
    path: 'sidecar.envoyWindowsImage',
    unless: '',
    why: 'Windows nodes are not supported',
  },
  {
    path: 'sidecar.configResyncInterval',
    unless: '0s',
    why: 'Weft pushes configuration when it changes, and sends it again to a proxy that reconnects',
  },
  {
    path: 'traffic.inboundExternalAuthorization.enable',
    unless: false,
    why: 'this version has no external authorization; Weft applies the MeshConfig only when this field is false',
  },
  { path: 'observability.enableDebugServer', unless: false, why: 'use the command weft instead' },
  {
    path: 'observability.tracing.enable',
    unless: false,
    why: 'sidecars send no traces in this version',
  },
  {
    path: 'dataPlane.upgrade.strategy',
    unless: 'Manual',
    why: 'sidecars get a new version when their workload is restarted; restart each workload when it suits',
  },
  {
    path: 'dataPlane.upgrade.maxUnavailable',
    unless: 1,
    why: 'this version restarts no workloads',
  },
  { path: 'addons.prometheus', why: 'this version installs no tools beside the mesh' },
  { path: 'addons.grafana', why: 'this version installs no tools beside the mesh' },
  { path: 'addons.tracing', why: 'this version installs no tools beside the mesh' },
  flag('enableWASMStats', true, 'the statistics are always on'),
  flag('enableEgressPolicy', true, 'this version does not support OSM policy objects'),
  flag('enableMulticlusterMode', false, 'a mesh is one cluster'),
  flag('enableSnapshotCacheMode', false, 'Weft has only one cache mode'),
  flag(
    'enableAsyncProxyServiceMapping',
    false,
    'Weft has only one way to find the Services of a pod',
  ),
  flag('enableIngressBackendPolicy', true, 'this version does not support OSM policy objects'),
  flag('enableEnvoyActiveHealthChecks', false, 'Weft uses the readiness that Kubernetes reports'),
  flag('enableRetryPolicy', false, 'this version does not support OSM policy objects'),
  flag('enableMeshRootCertificate', false, 'Weft always follows MeshRootCertificates'),
];

/** Blocks whose fields have a use only together with an idle field. */
export const idleBlocks: readonly string[] = [
  'traffic.inboundExternalAuthorization',
  'observability.tracing',
  'dataPlane',
  'addons',
  'featureFlags',
];

/** The sentence about an idle field, for users. */
export function idleNote({ path, why }: IdleField): string {
  return `spec.${path} has no effect: ${why}.`;
}

/** A note for each idle field of which the spec asks an effect. Pure. */
export function idleNotes(spec: Frozen<MeshConfigSpec>): readonly string[] {
  return idleFields.filter((field) => isAskedFor(field, spec)).map(idleNote);
}

function isAskedFor({ path, unless }: IdleField, spec: unknown): boolean {
  const found = path.split('.').reduce<unknown>((value, name) => valueIn(value, name), spec);
  return found !== undefined && found !== unless;
}

function valueIn(value: unknown, name: string): unknown {
  const holds = typeof value === 'object' && value !== null && name in value;
  return holds ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

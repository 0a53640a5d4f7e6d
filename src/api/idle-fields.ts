import type { MeshConfigSpec } from './gen/mesh-config.ts';
import type { Frozen } from '../common/freeze.ts';

/** A field of a MeshConfig that is taken, so that OSM's manifests apply, and that changes nothing. */
export interface IdleField {
  /** Below spec. A field that holds others stands for all of them. */
  readonly path: string;
  /** What asks for an effect; anything that is there, where this is left out. */
  readonly unless?: string | number | boolean;
  /** Why it has none, and what there is instead. */
  readonly why: string;
}

const flag = (name: string, unless: boolean, why: string): IdleField => ({
  path: `featureFlags.${name}`,
  unless,
  why,
});

/**
 * The one list of them. The admission policy that warns of them, the table in the docs and the notes in the
 * status are made from it; a test holds that every other field of the schema is read by something.
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
    why: 'configuration is pushed when it changes, and sent again to a proxy that reconnects',
  },
  {
    path: 'traffic.inboundExternalAuthorization.enable',
    unless: false,
    why: 'external authorization is not in this version; the MeshConfig is not put into force until it is false',
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
    why: 'sidecars get a new version when their workload is restarted; restart workloads when it suits them',
  },
  {
    path: 'dataPlane.upgrade.maxUnavailable',
    unless: 1,
    why: 'nothing is rolled in this version',
  },
  { path: 'addons.prometheus', why: 'this version installs no tools beside the mesh' },
  { path: 'addons.grafana', why: 'this version installs no tools beside the mesh' },
  { path: 'addons.tracing', why: 'this version installs no tools beside the mesh' },
  flag('enableWASMStats', true, 'the statistics are always on'),
  flag('enableEgressPolicy', true, 'OSM policy objects are not in this version'),
  flag('enableMulticlusterMode', false, 'a mesh is one cluster'),
  flag('enableSnapshotCacheMode', false, 'there is one way to keep configuration'),
  flag('enableAsyncProxyServiceMapping', false, 'there is one way to find the services of a pod'),
  flag('enableIngressBackendPolicy', true, 'OSM policy objects are not in this version'),
  flag('enableEnvoyActiveHealthChecks', false, 'Kubernetes says which endpoints are ready'),
  flag('enableRetryPolicy', false, 'OSM policy objects are not in this version'),
  flag('enableMeshRootCertificate', false, 'MeshRootCertificates are always followed'),
];

/** Fields whose only use is under one that is idle. */
export const idleBlocks: readonly string[] = [
  'traffic.inboundExternalAuthorization',
  'observability.tracing',
  'dataPlane',
  'addons',
  'featureFlags',
];

/** What is said of such a field to people. */
export function idleNote({ path, why }: IdleField): string {
  return `spec.${path} has no effect: ${why}.`;
}

/** The idle fields that a spec asks an effect of, in words. Pure. */
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

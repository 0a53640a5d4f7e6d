import { intermediateSecretOf } from '../api/control-plane-names.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { firstRoot, rootOfMeshConfig } from '../api/root-of.ts';
import type { RootProvider } from '../api/root-spec.ts';
import type { RecordToCreate } from './intent.ts';
import type { RootsDecision } from './decide.ts';

/** What the control plane needs access to for the roots that are in use or will be. */
export interface RootNeeds {
  /** Names of Secrets in its namespace that the control plane only reads. */
  readonly read: readonly string[];
  /**
   * Names of Secrets in its namespace that the control plane creates and renews. Weft derives them; no field sets
   * one.
   */
  readonly kept: readonly string[];
  readonly certManager: boolean;
  /** Whether the control plane requests tokens of its own ServiceAccount to log in to Vault. */
  readonly tokens: boolean;
}

/** The needs of the roots that are in use, will be, or that a late replica may still use; of no other root. Pure. */
export function needsOf(meshConfig: MeshConfig, decision: RootsDecision): RootNeeds {
  const all = rootsOf(meshConfig, decision).map(({ name, spec }) =>
    needsOfRoot(name, spec.provider),
  );
  return {
    read: unique(all.flatMap(({ read }) => read)),
    kept: unique(all.flatMap(({ kept }) => kept)),
    certManager: all.some(({ certManager }) => certManager),
    tokens: all.some(({ tokens }) => tokens),
  };
}

/** The roots in use, the roots that will be used, and the roots that a replica with an older plan may still use. */
function rootsOf(meshConfig: MeshConfig, decision: RootsDecision): readonly RecordToCreate[] {
  const { plan, intent, create, rotation, records } = decision;
  const names = new Set([
    ...(plan === undefined ? [] : [...plan.trusted, plan.candidate]),
    ...(intent === undefined ? [] : [intent.target, ...intent.keep]),
    rotation?.to,
  ]);
  const known = records.flatMap(({ name, spec, role, managed }) => {
    const isUsed = names.has(name) || (managed && role !== 'inactive');
    return spec !== undefined && isUsed ? [{ name, spec }] : [];
  });
  const first = plan === undefined ? rootOfMeshConfig(meshConfig.spec) : undefined;
  return [
    ...known,
    ...(create === undefined ? [] : [create]),
    ...(first === undefined ? [] : [{ name: firstRoot, spec: first }]),
  ];
}

function needsOfRoot(name: string, provider: RootProvider): RootNeeds {
  const none = { read: [], kept: [], certManager: false, tokens: false };
  // The control plane creates this Secret when it is missing and never writes it again: a user may have chosen its
  // name, so it may belong to another owner.
  if (provider.kind === 'builtIn') return { ...none, read: [provider.secretName] };
  const kept = provider.mode === 'intermediate' ? [intermediateSecretOf(name)] : [];
  if (provider.kind === 'certManager') return { ...none, kept, certManager: true };
  const { auth, caBundle } = provider;
  const token = auth.kind === 'token' ? [auth.secret.name] : [];
  const bundle = caBundle === undefined ? [] : [caBundle.name];
  return { ...none, kept, read: [...token, ...bundle], tokens: auth.kind === 'kubernetes' };
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

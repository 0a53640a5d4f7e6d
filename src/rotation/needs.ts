import { intermediateSecretOf } from '../api/control-plane-names.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { firstRoot, rootOfMeshConfig } from '../api/root-of.ts';
import type { RootProvider } from '../api/root-spec.ts';
import type { Wanted } from './intent.ts';
import type { RootsDecision } from './decide.ts';

/** What the control plane must reach for the roots that are in use, or are to be. */
export interface RootNeeds {
  /** Secrets of its namespace that it reads only, by name. */
  readonly read: readonly string[];
  /** Secrets of its namespace that it makes and renews, by name: no name that anybody chooses is among them. */
  readonly kept: readonly string[];
  readonly certManager: boolean;
  /** Tokens of its own ServiceAccount, to log in to Vault with. */
  readonly tokens: boolean;
}

/** By the records that the plan, the intent and the spec name, and no others. Pure. */
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

/** Roots in use, roots that are to be, and those that a replica which is late may still use. */
function rootsOf(meshConfig: MeshConfig, decision: RootsDecision): readonly Wanted[] {
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
  // Made where there is none, and never written again: it may be anybody's, for its name is given.
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

import type { NamedRoot } from '../../../src/certificates/issuing-plan.ts';

/** A root of that name, of the built-in authority in the Secret `ca-<name>`; pinned to that PEM, if any. */
export function makeNamedRoot(name: string, pinned?: string): NamedRoot {
  return {
    name,
    root: {
      provider: { kind: 'builtIn', secretName: `ca-${name}` },
      trustDomain: 'cluster.local',
      key: { algorithm: 'ECDSA' },
    },
    pinned,
  };
}

/** Namespace of config/default, in which `make dev` runs the operator and the control plane. */
export const devNamespace = 'weft-system';

/** The arguments of each process that `make dev` can run; different ports let both run on one machine. */
export const roles = {
  operator: ['operator', '--health-port=9091', '--metrics-port=9093'],
  'control-plane': ['control-plane', '--health-port=9191', '--metrics-port=9193'],
} as const;

export type Role = keyof typeof roles;

/** Throws where there is no role of that name. */
export function roleOf(name: string): Role {
  if (Object.hasOwn(roles, name)) return name as Role;
  throw new Error(
    `${name} is not a role; make dev ROLE=… accepts ${Object.keys(roles).join(', ')}`,
  );
}

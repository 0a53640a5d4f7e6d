import type { KubernetesObject, ServicePort } from '../../../src/api/core.ts';
import type { MeshSettings } from '../../../src/policy/mesh-settings.ts';
import { makePod } from '../builders/make-object.ts';
import { attacker } from './two-namespaces.ts';

/** Objects of one namespace whose product is large, and the proxy that gets it. */
export interface WideShape {
  readonly name: string;
  readonly uid: string;
  readonly objects: () => readonly KubernetesObject[];
  readonly settings?: Partial<MeshSettings>;
  /** What is said of it; undefined: it is small enough as it is. */
  readonly code?: string;
}

/** The attacker's own proxy, and that of a caller of another namespace. */
export const own = 'uid-aaa-evil-0';
export const caller = 'uid-shop-web-1';

export function portsOf(protocol: string, count: number, from = 20_000): readonly ServicePort[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${protocol}-${String(index)}`,
    port: from + index,
  }));
}

export const evil = { namespace: attacker, app: 'evil' };

export function pods(count: number, accounts = false): readonly KubernetesObject[] {
  return Array.from({ length: count }, (_, index) =>
    makePod({
      namespace: attacker,
      name: `evil-${String(index)}`,
      account: accounts ? `evil-${String(index)}` : 'evil',
      ip: addressOf(index),
      labels: { app: 'evil' },
    }),
  );
}

export function addressOf(index: number): string {
  return `10.66.${String(index >> 8)}.${String(index & 255)}`;
}

export function named(count: number, prefix: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index)}`);
}

const any = [{ kind: 'TCPRoute', name: 'any' } as const];
export const target = { namespace: attacker, to: 'evil', from: ['shop/web'], rules: any };

import { type Guard, has, isNumber } from '../common/guards.ts';

interface Named {
  readonly name: string;
  readonly uid: string;
}

/** The claims that Weft reads of a ServiceAccount token that is bound to a pod. Kubernetes chose the names. */
export interface TokenClaims {
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly sub: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly pod: Named;
    readonly serviceaccount: Named;
  };
}

const isName: Guard<string> = (value): value is string => typeof value === 'string' && value !== '';
const isNamed = has<Named>({ name: isName, uid: isName });

/** False when anything is missing, as in a token that is bound to no pod. */
export const isPodBound: Guard<TokenClaims> = has<TokenClaims>({
  exp: isNumber,
  sub: isName,
  'kubernetes.io': has({ namespace: isName, pod: isNamed, serviceaccount: isNamed }),
});

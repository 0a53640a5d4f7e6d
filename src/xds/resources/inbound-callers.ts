import { callerAlpn, meshAlpn } from '../../envoy/names.ts';
import type { AccessRule } from '../../policy/access.ts';
import { type Protocol, isHttp } from '../../policy/service.ts';
import type { PeerSet } from './peers.ts';

/** Callers that share a chain: those of one ALPN, of whom the handshake takes `peers` only. */
export interface Callers {
  /** What the chain is called after them. */
  readonly name: string;
  readonly alpn: string;
  readonly peers: PeerSet;
  /** They have a mesh identity, but no rule names it: each request is answered 403. */
  readonly refused: boolean;
}

/**
 * Who may come to a port, each identity that a rule names on a chain of its own: a rule that is added
 * adds a chain, and one that is withdrawn takes away the chains of those who lost everything, with
 * their connections, and nobody else's. Permissive mode adds a chain for all others, so turning it on
 * or off ends nothing of those who are named. In strict mode HTTP callers that no rule names are told so;
 * opaque TCP has no words for it.
 */
export function callersOf(
  rules: readonly AccessRule[],
  protocol: Protocol,
  permissive: boolean,
): Callers[] {
  const http = isHttp(protocol);
  // Opaque bytes are only for rules that name no HTTP routes.
  const holding = http ? rules : rules.filter((rule) => rule.http === 'all');
  const sources = [...new Set(holding.flatMap((rule) => rule.sources))].sort();
  const named = sources.map((source) => ({
    name: source,
    alpn: callerAlpn(source),
    peers: [source],
    refused: false,
  }));
  if (permissive) return [...named, anyone];
  return http && named.length > 0 ? [...named, others] : named;
}

const anyone: Callers = { name: 'anyone', alpn: meshAlpn, peers: 'any', refused: false };
const others: Callers = { name: 'others', alpn: meshAlpn, peers: 'any', refused: true };

import { callerAlpn, meshAlpn } from '../../envoy/names.ts';
import type { AccessRule } from '../../policy/access.ts';
import { type Protocol, isHttp } from '../../policy/service.ts';
import type { PeerSet } from './peers.ts';

/** Callers that share a chain: those with one ALPN. The chain's handshake accepts `peers` only. */
export interface Callers {
  /** The part of a chain's name that stands for these callers. */
  readonly name: string;
  readonly alpn: string;
  readonly peers: PeerSet;
  /** They have a mesh identity, but no rule names it: each request is answered 403. */
  readonly refused: boolean;
}

/**
 * The callers of a port (docs/decisions/0080, docs/decisions/0119). Each identity that a rule names has a separate
 * chain: a new rule adds chains, and a withdrawn rule removes, with their connections, only the chains of callers that
 * lost everything. Permissive mode adds a chain for all other callers, so turning it on or off ends no connection of a
 * named caller. In strict mode, HTTP callers that no rule names get a 403; opaque TCP has no such answer.
 */
export function callersOf(
  rules: readonly AccessRule[],
  protocol: Protocol,
  permissive: boolean,
): Callers[] {
  const http = isHttp(protocol);
  // Only rules that name no HTTP routes apply to opaque bytes.
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

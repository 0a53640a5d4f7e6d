import { openPorts, ports } from '../envoy/ports.ts';
import type { Interception } from './interception.ts';

type Family = 4 | 6;

/** The chain that the init container hooks into nat PREROUTING, for TCP. */
const inboundChain = 'WEFT_INBOUND';
/** The chain that the init container hooks into nat OUTPUT, for TCP. */
const outboundChain = 'WEFT_OUTBOUND';
/** Placeholder for the pod's own address of that family: the init container knows it, the webhook cannot. */
const podIpPlaceholder = '@POD_IP@';

const toInbound = 'WEFT_IN_REDIRECT';
const toOutbound = 'WEFT_OUT_REDIRECT';
const loopback = { 4: '127.0.0.1/32', 6: '::1/128' } as const;
/** The kernel's limit of one `multiport` match. */
const portsPerMatch = 15;

/**
 * The rules of one family as input for `iptables-restore --noflush` (or ip6tables-restore). They fill
 * chains of Weft's own from scratch, so applying them again changes nothing; the built-in chains are
 * hooked up by the init container. The first rule that matches decides. The sidecar's own traffic is known
 * by the user it runs as (docs/decisions/0044).
 */
export function renderRules(
  interception: Interception,
  family: Family,
  sidecarUser: number,
): string {
  const chains = [toInbound, inboundChain, toOutbound, outboundChain];
  return [
    '*nat',
    ...chains.map((chain) => `:${chain} - [0:0]`),
    `-A ${toInbound} -p tcp -j REDIRECT --to-ports ${ports.inbound}`,
    ...inboundRules(interception).map((rule) => `-A ${inboundChain} ${rule}`),
    `-A ${toOutbound} -p tcp -j REDIRECT --to-ports ${ports.outbound}`,
    ...outboundRules(interception, family, sidecarUser).map(
      (rule) => `-A ${outboundChain} ${rule}`,
    ),
    'COMMIT',
    '',
  ].join('\n');
}

function inboundRules({ interfaceExclusions, inboundPortExclusions }: Interception): string[] {
  return [
    ...interfaceExclusions.map((name) => `-i ${name} -j RETURN`),
    ...portMatches(inboundPortExclusions),
    ...portMatches(openPorts),
    `-j ${toInbound}`,
  ];
}

function outboundRules(interception: Interception, family: Family, sidecarUser: number): string[] {
  const own = `-m owner --uid-owner ${sidecarUser}`;
  const here = loopback[family];
  return [
    // The sidecar reaches the application at the pod's address; its own admin port stays on loopback.
    ...(interception.byPodIp
      ? [
          `-o lo -d ${here} -p tcp ! --dport ${ports.admin} ${own} -j DNAT --to-destination ${podIpPlaceholder}`,
        ]
      : []),
    // The pod calls itself by a service address: the call goes to the inbound listener, so that policy applies.
    `-o lo ! -d ${here} ${own} -j ${toInbound}`,
    `-o lo -m owner ! --uid-owner ${sidecarUser} -j RETURN`,
    `${own} -j RETURN`,
    `-d ${here} -j RETURN`,
    ...interception.interfaceExclusions.map((name) => `-o ${name} -j RETURN`),
    ...ranges(interception.rangeExclusions, family).map((range) => `-d ${range} -j RETURN`),
    ...portMatches(interception.outboundPortExclusions),
    ...remainder(interception, family),
  ];
}

/** All remaining traffic, or only traffic to the configured ranges. */
function remainder({ rangeInclusions }: Interception, family: Family): string[] {
  if (rangeInclusions.length === 0) return [`-j ${toOutbound}`];
  return [
    ...ranges(rangeInclusions, family).map((range) => `-d ${range} -j ${toOutbound}`),
    '-j RETURN',
  ];
}

function ranges(all: Interception['rangeExclusions'], family: Family): string[] {
  return all.filter((range) => range.family === family).map(({ text }) => text);
}

function portMatches(excluded: readonly number[]): string[] {
  const rules: string[] = [];
  for (let at = 0; at < excluded.length; at += portsPerMatch) {
    const some = excluded.slice(at, at + portsPerMatch).join(',');
    rules.push(`-p tcp -m multiport --dports ${some} -j RETURN`);
  }
  return rules;
}

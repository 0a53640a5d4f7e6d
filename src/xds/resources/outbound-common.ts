import type { OutboundView } from '../../policy/view.ts';
import { builtResource } from './built-resource.ts';
import { passthrough, refused } from './clusters.ts';
import type { BuiltPart } from './inbound.ts';
import { virtualListener } from './virtual-listener.ts';

/** What a proxy with any outbound listener needs, whatever it may call. */
export function outboundCommon(view: Pick<OutboundView, 'neverPlaintext' | 'settings'>): BuiltPart {
  const { egress, permissive } = view.settings;
  // Without egress this cluster serves pods without a sidecar that a service leads to.
  const passes = egress || permissive;
  return {
    listeners: [builtResource('listener', virtualListener(view), [])],
    routes: [],
    clusters: [refused, ...(passes ? [passthrough] : [])].map((cluster) =>
      builtResource('cluster', cluster, []),
    ),
  };
}

import { create } from '@bufbuild/protobuf';
import { contentHash } from '../../common/hash.ts';
import { MetadataSchema } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import { inboundListener } from '../../envoy/names.ts';
import { builtResource } from './built-resource.ts';
import { encode } from './encode.ts';
import { messageOf } from './message-of.ts';
import type { Resource } from './resource.ts';

type Resources = ReadonlyMap<string, Resource>;

interface Made {
  readonly key: string;
  /** Undefined: the listener has none of the chains. */
  readonly listeners: WeakRef<Resources> | undefined;
}

/** The newest result for each map: proxies with the same map get the same result, at about the same time. */
const made = new WeakMap<Resources, Made>();

/**
 * The same listeners, with these chains of the inbound listener in a form that Envoy treats as other chains: it drains
 * the old ones and serves new connections as before (docs/decisions/0110). The name of a route table in `chains` stands
 * for all chains of its port. Undefined when the listener has none of the chains.
 */
export function withFreshChains(
  listeners: Resources,
  chains: ReadonlySet<string>,
): Resources | undefined {
  const plain = listeners.get(inboundListener);
  if (plain === undefined || chains.size === 0) return undefined;
  const key = contentHash([...chains].sort().join('\n'));
  const before = made.get(listeners);
  if (before?.key === key) {
    const known = before.listeners?.deref();
    if (known !== undefined || before.listeners === undefined) return known;
  }
  const fresh = freshListener(plain, chains);
  const changed = fresh && new Map(listeners).set(inboundListener, fresh);
  made.set(listeners, { key, listeners: changed && new WeakRef<Resources>(changed) });
  return changed;
}

/** Metadata of a chain has only one effect: Envoy treats the chain as another one. */
const mark = create(MetadataSchema, { filterMetadata: { weft: { fresh: true } } });

/** The route table that a chain is named after. */
function tableOf(chain: string): string {
  return chain.slice(0, chain.indexOf('|'));
}

function freshListener(plain: Resource, chains: ReadonlySet<string>): Resource | undefined {
  const message = messageOf('listener', plain);
  const concerned = message.filterChains.filter(
    ({ name }) => chains.has(name) || chains.has(tableOf(name)),
  );
  if (concerned.length === 0) return undefined;
  for (const chain of concerned) chain.metadata = mark;
  return encode(builtResource('listener', message, plain.origins));
}

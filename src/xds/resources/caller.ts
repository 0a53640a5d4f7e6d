import { any } from '../../envoy/any.ts';
import { FilterStateValue_SharedWithUpstream } from '../../envoy/gen/envoy/extensions/filters/common/set_filter_state/v3/value_pb.js';
import { ConfigSchema } from '../../envoy/gen/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js';
import { callerAlpn, callerExtension, meshAlpn } from '../../envoy/names.ts';
import { oneof } from '../../envoy/oneof.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { BuiltResource } from './built-resource.ts';
import { discovered, extension } from './discovered.ts';

/**
 * The filter before traffic to a service: it sets the ALPN that the connection to a peer offers. The caller is named in
 * the extension, so that listeners and clusters are the same bytes for every caller (docs/decisions/0081).
 */
export const callerFilter = discovered(callerExtension, ConfigSchema);

/**
 * The extension of a proxy of `account`: its ALPN asks for the chain of its identity, or, where there is none, for the
 * chain that accepts anyone.
 */
export function callerOf(account: IdentityKey): BuiltResource<'extension'> {
  const config = any(ConfigSchema, {
    onNewConnection: [
      {
        key: oneof('objectKey', 'envoy.network.application_protocols'),
        value: oneof('formatString', {
          format: oneof('textFormatSource', {
            specifier: oneof('inlineString', `${callerAlpn(account)},${meshAlpn}`),
          }),
        }),
        sharedWithUpstream: FilterStateValue_SharedWithUpstream.ONCE,
      },
    ],
  });
  return extension(callerExtension, config, []);
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  ApiVersion,
  type ConfigSourceSchema,
} from '../../envoy/gen/envoy/config/core/v3/config_source_pb.js';
import { oneof } from '../../envoy/oneof.ts';
import type { Duration } from '@bufbuild/protobuf/wkt';

/**
 * The ADS stream itself as the source. Without `initialFetchTimeout` Envoy gives up on a missing resource after its
 * default of 15 s; zero waits for ever.
 */
export function adsSource(
  initialFetchTimeout?: Duration,
): MessageInitShape<typeof ConfigSourceSchema> {
  return {
    resourceApiVersion: ApiVersion.V3,
    configSourceSpecifier: oneof('ads', {}),
    ...(initialFetchTimeout === undefined ? {} : { initialFetchTimeout }),
  };
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  ApiVersion,
  type ConfigSourceSchema,
} from '../../envoy/gen/envoy/config/core/v3/config_source_pb.js';
import { oneof } from '../../envoy/oneof.ts';
import type { Duration } from '@bufbuild/protobuf/wkt';

/**
 * The stream that everything else comes from. Without a wait of its own a resource that is missing
 * is given up after Envoy's 15 s; zero waits for good.
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

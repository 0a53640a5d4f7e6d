import { type DescMessage, create } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { TypedExtensionConfigSchema } from '../../envoy/gen/envoy/config/core/v3/extension_pb.js';
import {
  type Filter,
  FilterSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import type { Origin } from '../../policy/origin.ts';
import { adsSource } from './ads-source.ts';
import { type BuiltResource, builtResource } from './built-resource.ts';

/**
 * A network filter whose configuration is a separate resource, the extension of that name. When the extension changes,
 * new connections get the new configuration and open ones keep theirs. A change of the filter in the listener would end
 * the open connections.
 */
export function discovered(name: string, { typeName }: DescMessage): Filter {
  return create(FilterSchema, {
    name,
    configType: {
      case: 'configDiscovery',
      value: { configSource: adsSource(), typeUrls: [`type.googleapis.com/${typeName}`] },
    },
  });
}

/** The extension of that name. */
export function extension(
  name: string,
  config: Any,
  origins: readonly Origin[],
): BuiltResource<'extension'> {
  const message = create(TypedExtensionConfigSchema, { name, typedConfig: config });
  return builtResource('extension', message, origins);
}

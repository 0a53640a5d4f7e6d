import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  AddressSchema,
  CidrRangeSchema,
} from '../../envoy/gen/envoy/config/core/v3/address_pb.js';

/** A TCP address as Envoy's message. */
export function socketAddress(
  address: string,
  port: number,
): MessageInitShape<typeof AddressSchema> {
  return {
    address: {
      case: 'socketAddress',
      value: { address, portSpecifier: { case: 'portValue', value: port } },
    },
  };
}

/** The range that holds this one address, of either family. */
export function hostRange(address: string): MessageInitShape<typeof CidrRangeSchema> {
  return { addressPrefix: address, prefixLen: isIpv6(address) ? 128 : 32 };
}

function isIpv6(address: string): boolean {
  return address.includes(':');
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ListenerSchema } from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { socketAddress } from './address.ts';

type Addresses = Pick<MessageInitShape<typeof ListenerSchema>, 'address' | 'additionalAddresses'>;

/** Every address of the pod, also the IPv6 ones where pods have them. */
export function bothFamilies(port: number, settings: MeshSettings): Addresses {
  return {
    address: socketAddress('0.0.0.0', port),
    additionalAddresses: settings.ipv6 ? [{ address: socketAddress('::', port) }] : [],
  };
}

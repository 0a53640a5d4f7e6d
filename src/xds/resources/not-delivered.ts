import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LocalReplyConfigSchema } from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';

/**
 * Between sidecars only: the server's sidecar answers with it when its application took no
 * connection, so the request was never delivered and may be sent to another endpoint.
 */
export const notDeliveredHeader = 'x-weft-not-delivered';

/** How the server's sidecar says so. */
export const markNotDelivered: MessageInitShape<typeof LocalReplyConfigSchema> = {
  mappers: [
    {
      filter: { filterSpecifier: { case: 'responseFlagFilter', value: { flags: ['UF'] } } },
      headersToAdd: [{ header: { key: notDeliveredHeader, value: 'true' } }],
    },
  ],
};

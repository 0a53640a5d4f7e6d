import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LocalReplyConfigSchema } from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';

/**
 * Between sidecars only: the server's sidecar answers with it when the request was never delivered, so
 * it may be sent to another endpoint.
 */
export const notDeliveredHeader = 'x-weft-not-delivered';

/**
 * What proves it: the application took no connection (UF), or there is none to take one (UH), or the
 * service is led to this pod no more (NC), which the caller hears of in a moment. A route that is missing
 * (NR) is no such case: it is the policy's answer.
 */
const proofs = ['UF', 'UH', 'NC'];

/** How the server's sidecar says so. */
export const markNotDelivered: MessageInitShape<typeof LocalReplyConfigSchema> = {
  mappers: [
    {
      filter: { filterSpecifier: { case: 'responseFlagFilter', value: { flags: proofs } } },
      headersToAdd: [{ header: { key: notDeliveredHeader, value: 'true' } }],
    },
  ],
};

import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LocalReplyConfigSchema } from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';

/**
 * Used between sidecars only. The server's sidecar adds this header to its answer when the request was never delivered,
 * so the caller's sidecar may send the request to another endpoint (docs/decisions/0014).
 */
export const notDeliveredHeader = 'x-weft-not-delivered';

/**
 * The response flags that prove it: the application accepted no connection (UF), or there is no application to accept
 * one (UH), or the service no longer leads to this pod (NC), which the caller learns in a moment. A missing route (NR)
 * is no such case: it is the policy's answer.
 */
const proofs = ['UF', 'UH', 'NC'];

/** How the server's sidecar sets the header. */
export const markNotDelivered: MessageInitShape<typeof LocalReplyConfigSchema> = {
  mappers: [
    {
      filter: { filterSpecifier: { case: 'responseFlagFilter', value: { flags: proofs } } },
      headersToAdd: [{ header: { key: notDeliveredHeader, value: 'true' } }],
    },
  ],
};

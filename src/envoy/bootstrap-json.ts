/** `@type` of a message in JSON. */
export const typeUrl = (name: string): string => `type.googleapis.com/${name}`;

export const httpFilters = 'envoy.extensions.filters.http';

/** A load assignment of one endpoint. */
export function assignment(cluster: string, address: string, port: number): object {
  const endpoint = { endpoint: { address: socket(address, port) } };
  return { cluster_name: cluster, endpoints: [{ lb_endpoints: [endpoint] }] };
}

export function socket(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
}

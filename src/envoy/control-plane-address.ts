import { assignment, socket, typeUrl } from './bootstrap-json.ts';

/** The address of the control plane. */
export interface ControlPlaneAddress {
  /** DNS name of its Service. */
  readonly controlPlane: string;
  readonly port: number;
  /** The addresses of that Service, the preferred family first. When empty, Envoy looks the Service up by its name. */
  readonly addresses: readonly string[];
}

/**
 * How Envoy finds the endpoints of `cluster`: in a file of `directory` that Envoy watches. So the pod's resolver and
 * DNS settings are not involved, and Envoy also finds a Service that was recreated (docs/decisions/0093).
 */
export function discovery(
  cluster: string,
  { controlPlane, port, addresses }: ControlPlaneAddress,
  directory: { readonly path: string; readonly file: string },
): object {
  if (addresses.length === 0)
    return {
      type: 'STRICT_DNS',
      dns_lookup_family: 'V4_PREFERRED',
      load_assignment: assignment(cluster, controlPlane, port),
    };
  const source = {
    path: `${directory.path}/${directory.file}`,
    watched_directory: { path: directory.path },
  };
  return {
    type: 'EDS',
    eds_cluster_config: {
      eds_config: { resource_api_version: 'V3', path_config_source: source },
    },
  };
}

/** The content of that file: one endpoint. Envoy tries its further addresses when the first does not answer. */
export function addressFile(cluster: string, address: ControlPlaneAddress): object {
  const [first, ...others] = address.addresses.map((ip) => ({ address: socket(ip, address.port) }));
  const endpoints =
    first === undefined
      ? []
      : [{ lb_endpoints: [{ endpoint: { ...first, additional_addresses: others } }] }];
  const type = typeUrl('envoy.config.endpoint.v3.ClusterLoadAssignment');
  return { resources: [{ '@type': type, cluster_name: cluster, endpoints }] };
}

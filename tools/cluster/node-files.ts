import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Addresses } from './address.ts';
import { dnsServiceAddresses, podRanges } from './control-plane.ts';
import type { Place } from './place.ts';

/** The input of the node's files. */
export interface NodePlan {
  readonly place: Place;
  readonly addresses: Addresses;
  readonly pauseImage: string;
}

/** Writes the configuration of containerd, its networks and the kubelet. */
export async function writeNodeFiles(plan: NodePlan): Promise<void> {
  const { directory } = plan.place;
  await mkdir(join(directory, 'cni'), { recursive: true });
  await writeFile(join(directory, 'containerd.toml'), containerdConfig(plan));
  await writeFile(
    join(directory, 'cni/10-pods.conflist'),
    JSON.stringify(podNetwork(plan), undefined, 2),
  );
  await writeFile(
    join(directory, 'kubelet.json'),
    JSON.stringify(kubeletConfig(plan), undefined, 2),
  );
  // Nothing answers there, so names outside the cluster fail at once.
  await writeFile(join(directory, 'resolv.conf'), `nameserver ${plan.addresses.host}\n`);
}

/** containerd with everything it keeps under the cluster's folder. */
function containerdConfig({ place, pauseImage }: NodePlan): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${place.directory}/containerd"
state = "${place.directory}/containerd-state"
[grpc]
  address = "${place.containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${place.directory}/containerd/opt"
[${cri}]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[${cri}.cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${place.directory}/cni"
[${cri}.containerd]
  snapshotter = "overlayfs"
[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
  Root = "${place.directory}/runc"
`;
}

/** The name under which CNI knows the pods' network. */
export function podNetworkName(place: Place): string {
  return place.namespace;
}

function podNetwork({ place, addresses }: NodePlan): object {
  const families = addresses.v6 ? podRanges : podRanges.slice(0, 1);
  const routes = addresses.v6 ? ['0.0.0.0/0', '::/0'] : ['0.0.0.0/0'];
  const bridge = {
    type: 'bridge',
    bridge: 'cni0',
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: {
      type: 'host-local',
      ranges: families.map((subnet) => [{ subnet }]),
      routes: routes.map((dst) => ({ dst })),
      dataDir: join(place.directory, 'cni-addresses'),
    },
  };
  const portMap = { type: 'portmap', capabilities: { portMappings: true } };
  return { cniVersion: '0.4.0', name: podNetworkName(place), plugins: [bridge, portMap] };
}

function kubeletConfig({ place }: NodePlan): object {
  const { directory, keys } = place;
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      x509: { clientCAFile: join(keys, 'ca.crt') },
      webhook: { enabled: true },
      anonymous: { enabled: false },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(keys, 'kubelet.crt'),
    tlsPrivateKeyFile: join(keys, 'kubelet.key'),
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${place.cgroup}`,
    failSwapOn: false,
    failCgroupV1: false,
    containerRuntimeEndpoint: `unix://${place.containerdSocket}`,
    clusterDNS: dnsServiceAddresses.slice(0, 1),
    clusterDomain: 'cluster.local',
    resolvConf: join(directory, 'resolv.conf'),
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
    },
    // Images come from local builds only: a collected image could not be pulled again.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // The delay until a changed ConfigMap or Secret is in the files of running pods; the kubelet's default is 1m.
    syncFrequency: '4s',
    enforceNodeAllocatable: [],
    maxPods: 250,
    podLogsDir: join(directory, 'pod-logs'),
    volumePluginDir: join(directory, 'volume-plugins'),
  };
}

import { join } from 'node:path';
import type { Addresses } from './address.ts';
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  podRanges,
  schedulerArguments,
} from './control-plane.ts';
import type { Place } from './place.ts';

/** A program of the node, as arguments to the combined Kubernetes binary. */
export interface Program {
  readonly name: string;
  readonly arguments: readonly string[];
}

export const apiServerPort = 6443;
export const etcdUrl = 'http://127.0.0.1:2379';

/** The kubeconfig of one of the node's own programs. */
export function programKubeconfig(place: Place, name: string): string {
  return join(place.keys, `${name}.kubeconfig`);
}

/** The programs of a node, by function. */
export function nodePrograms(
  place: Place,
  addresses: Addresses,
): Record<'etcd' | 'api' | 'controllers' | 'scheduler' | 'kubelet' | 'proxy', Program> {
  const program = (args: readonly string[]): Program => ({ name: args[0] ?? '', arguments: args });
  return {
    etcd: program(
      etcdArguments({
        dataDirectory: join(place.directory, 'etcd'),
        clientUrl: etcdUrl,
        peerUrl: 'http://127.0.0.1:2380',
      }),
    ),
    api: program([
      ...apiServerArguments({
        keys: place.keys,
        etcdUrl,
        bindAddress: '0.0.0.0',
        port: apiServerPort,
        advertiseAddress: addresses.node,
      }),
      `--kubelet-certificate-authority=${join(place.keys, 'ca.crt')}`,
    ]),
    controllers: program(
      controllerManagerArguments(place.keys, programKubeconfig(place, 'kube-controller-manager'), [
        '*',
      ]),
    ),
    scheduler: program(schedulerArguments(programKubeconfig(place, 'kube-scheduler'))),
    kubelet: program(kubeletArguments(place, addresses)),
    proxy: program(proxyArguments(place, addresses)),
  };
}

/** The node's name in the cluster. */
export function nodeName(place: Place): string {
  return `${place.name}-node`;
}

function kubeletArguments(place: Place, addresses: Addresses): string[] {
  const own = addresses.v6 ? [addresses.node, addresses.v6.node] : [addresses.node];
  return [
    'kubelet',
    `--kubeconfig=${programKubeconfig(place, 'kubelet')}`,
    `--config=${join(place.directory, 'kubelet.json')}`,
    `--hostname-override=${nodeName(place)}`,
    `--node-ip=${own.join(',')}`,
    `--root-dir=${join(place.directory, 'kubelet')}`,
    `--cert-dir=${join(place.directory, 'kubelet-certificates')}`,
  ];
}

function proxyArguments(place: Place, addresses: Addresses): string[] {
  const ranges = addresses.v6 ? podRanges : podRanges.slice(0, 1);
  return [
    'kube-proxy',
    `--kubeconfig=${programKubeconfig(place, 'kube-proxy')}`,
    `--hostname-override=${nodeName(place)}`,
    '--proxy-mode=iptables',
    `--cluster-cidr=${ranges.join(',')}`,
    '--conntrack-max-per-core=0',
    '--metrics-bind-address=127.0.0.1:10249',
  ];
}

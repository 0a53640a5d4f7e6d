import { join } from 'node:path';

/** The address of a cluster's API server, and its keys and storage. */
export interface ApiServerPlan {
  /** Folder with the key files that `writeKeys` makes. */
  readonly keys: string;
  readonly etcdUrl: string;
  readonly bindAddress: string;
  readonly port: number;
  /** The address for the `kubernetes` service; without it, that service stays empty. */
  readonly advertiseAddress?: string;
}

export interface EtcdPlan {
  readonly dataDirectory: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

/** Service addresses of both families; the first of each belongs to the API server. */
export const serviceRanges = ['10.96.0.0/16', 'fd00:10:96::/112'];
export const apiServiceAddresses = ['10.96.0.1', 'fd00:10:96::1'];
export const dnsServiceAddresses = ['10.96.0.10', 'fd00:10:96::a'];
export const podRanges = ['10.244.0.0/16', 'fd00:10:244::/64'];

/** etcd without fsync: its data is safe while the machine runs, and the cluster lives no longer. */
export function etcdArguments(plan: EtcdPlan): string[] {
  return [
    'etcd',
    '--name=local',
    `--data-dir=${plan.dataDirectory}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
    `--listen-client-urls=${plan.clientUrl}`,
    `--advertise-client-urls=${plan.clientUrl}`,
    `--listen-peer-urls=${plan.peerUrl}`,
    `--initial-advertise-peer-urls=${plan.peerUrl}`,
    `--initial-cluster=local=${plan.peerUrl}`,
  ];
}

/** An API server with RBAC, service-account tokens and webhooks as in production. */
export function apiServerArguments(plan: ApiServerPlan): string[] {
  const key = (name: string): string => join(plan.keys, name);
  const advertise =
    plan.advertiseAddress === undefined
      ? ['--advertise-address=192.0.2.1', '--endpoint-reconciler-type=none']
      : [`--advertise-address=${plan.advertiseAddress}`];
  return [
    'kube-apiserver',
    `--etcd-servers=${plan.etcdUrl}`,
    `--bind-address=${plan.bindAddress}`,
    `--secure-port=${String(plan.port)}`,
    ...advertise,
    `--service-cluster-ip-range=${serviceRanges.join(',')}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP',
    `--client-ca-file=${key('ca.crt')}`,
    `--tls-cert-file=${key('apiserver.crt')}`,
    `--tls-private-key-file=${key('apiserver.key')}`,
    `--kubelet-client-certificate=${key('kubelet-client.crt')}`,
    `--kubelet-client-key=${key('kubelet-client.key')}`,
    `--proxy-client-cert-file=${key('front-proxy.crt')}`,
    `--proxy-client-key-file=${key('front-proxy.key')}`,
    `--requestheader-client-ca-file=${key('ca.crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${key('service-account.pub')}`,
    `--service-account-signing-key-file=${key('service-account.key')}`,
    '--profiling=false',
    '--event-ttl=1h',
  ];
}

/** The controllers: all of them, or only the named controllers. */
export function controllerManagerArguments(
  keys: string,
  kubeconfig: string,
  controllers: readonly string[],
): string[] {
  return [
    'kube-controller-manager',
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    '--leader-elect=false',
    '--use-service-account-credentials',
    `--service-account-private-key-file=${join(keys, 'service-account.key')}`,
    `--root-ca-file=${join(keys, 'ca.crt')}`,
    `--cluster-signing-cert-file=${join(keys, 'ca.crt')}`,
    `--cluster-signing-key-file=${join(keys, 'ca.key')}`,
    '--profiling=false',
    `--controllers=${controllers.join(',')}`,
    // With the default of 20 it takes five seconds until the controllers have begun to work.
    '--kube-api-qps=300',
    '--kube-api-burst=600',
  ];
}

/** The scheduler, which needs no settings. */
export function schedulerArguments(kubeconfig: string): string[] {
  return [
    'kube-scheduler',
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    '--leader-elect=false',
    '--profiling=false',
  ];
}

import { dnsServiceAddresses } from './control-plane.ts';

const labels = { 'k8s-app': 'kube-dns' };
const named = { name: 'coredns', namespace: 'kube-system' };

/** Names outside the cluster fail at once, because no outside address can be reached. */
const corefile = `cluster.local in-addr.arpa ip6.arpa {
    errors
    health
    ready
    kubernetes {
        pods insecure
        ttl 5
    }
    prometheus :9153
    cache 5
    reload
    loadbalance
}
. {
    errors
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`;

/** The objects that make CoreDNS the cluster's DNS, as one list for kubectl. */
export function dnsManifest(image: string): object {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [...access(), settings(), deployment(image), service()],
  };
}

function access(): object[] {
  const rbac = 'rbac.authorization.k8s.io';
  const role = { name: 'system:coredns' };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: named },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: role,
      rules: [
        {
          apiGroups: [''],
          resources: ['services', 'pods', 'namespaces'],
          verbs: ['list', 'watch'],
        },
        {
          apiGroups: ['discovery.k8s.io'],
          resources: ['endpointslices'],
          verbs: ['list', 'watch'],
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: role,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', ...role },
      subjects: [{ kind: 'ServiceAccount', ...named }],
    },
  ];
}

function settings(): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: named, data: { Corefile: corefile } };
}

function deployment(image: string): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...named, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(image) },
    },
  };
}

function podSpec(image: string): object {
  return {
    serviceAccountName: 'coredns',
    priorityClassName: 'system-cluster-critical',
    dnsPolicy: 'Default',
    containers: [
      {
        name: 'coredns',
        image,
        imagePullPolicy: 'IfNotPresent',
        args: ['-conf', '/etc/coredns/Corefile'],
        ports: [
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
          { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
        ],
        readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
        livenessProbe: { httpGet: { path: '/health', port: 8080 }, initialDelaySeconds: 30 },
        resources: { requests: { cpu: '10m', memory: '30Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
          readOnlyRootFilesystem: true,
        },
        volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
  };
}

function service(): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
    spec: {
      selector: labels,
      clusterIP: dnsServiceAddresses[0],
      clusterIPs: dnsServiceAddresses,
      ipFamilyPolicy: 'PreferDualStack',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        { name: 'metrics', port: 9153, protocol: 'TCP' },
      ],
    },
  };
}

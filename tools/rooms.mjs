/**
 * Defines which room may import which (docs/architecture.md draws it).
 * A room may import only rooms named in its row, all of them above it; a third-party package
 * may be imported only in the places listed for it (docs/decisions/0127).
 */
export const rooms = {
  common: [],
  connections: ['common'],
  api: ['common'],
  policy: ['common'],
  envoy: ['common'],
  cluster: ['common', 'api', 'policy'],
  kubernetes: ['common', 'connections', 'api'],
  smi: ['common', 'api', 'cluster', 'policy'],
  mesh: ['common', 'api', 'cluster', 'policy', 'smi'],
  xds: ['common', 'connections', 'policy', 'envoy'],
  x509: ['common', 'api', 'policy'],
  certificates: ['common', 'api', 'policy', 'kubernetes', 'x509'],
  authentication: ['common', 'api', 'policy'],
  injector: ['common', 'api', 'envoy'],
  pods: ['common', 'api', 'policy', 'cluster', 'kubernetes', 'mesh', 'xds', 'injector'],
  status: ['common', 'api', 'policy', 'cluster', 'kubernetes', 'smi', 'mesh', 'xds'],
  admission: ['common', 'connections', 'api'],
  rotation: ['common', 'api'],
  operator: ['common', 'connections', 'api', 'kubernetes', 'rotation', 'x509'],
  'control-plane': [
    'common',
    'connections',
    'api',
    'policy',
    'envoy',
    'cluster',
    'kubernetes',
    'smi',
    'mesh',
    'xds',
    'x509',
    'certificates',
    'authentication',
    'pods',
    'status',
    'admission',
    'injector',
  ],
  cli: ['common', 'api', 'kubernetes'],
};

/** Third-party packages and the folders (under src/) that may import each. */
export const packageHomes = {
  '@bufbuild/protobuf': ['envoy', 'xds'],
  '@grpc/grpc-js': ['xds/port', 'xds/replicas', 'xds/server', 'control-plane'],
  '@kubernetes/client-node': ['kubernetes'],
  jose: ['authentication', 'kubernetes'],
  'js-yaml': ['kubernetes', 'operator', 'control-plane', 'injector'],
  undici: ['kubernetes', 'certificates'],
  winston: ['json-logger'],
  'prom-client': ['common', 'control-plane', 'operator'],
  commander: ['main', 'cli'],
};

/** Rooms and folders that decide and therefore may not import any `node:` module. */
export const pure = [
  'policy',
  'smi',
  'mesh',
  'rotation',
  'cluster',
  'xds/resources',
  'xds/delta',
  'api',
];

/**
 * The one truth about who may import whom (docs/architecture.md draws it).
 * A room may import only rooms named in its row, all of them above it; a third-party package
 * may be imported only in the places listed for it.
 */
export const rooms = {
  common: [],
  api: ['common'],
  policy: ['common'],
  envoy: ['common'],
  cluster: ['common', 'api', 'policy'],
  kubernetes: ['common', 'api'],
  smi: ['common', 'api', 'cluster', 'policy'],
  mesh: ['common', 'api', 'cluster', 'policy', 'smi'],
  xds: ['common', 'policy', 'envoy'],
  certificates: ['common', 'api', 'policy', 'kubernetes'],
  admission: ['common', 'api'],
  injector: ['common', 'api', 'envoy'],
  operator: ['common', 'api', 'kubernetes'],
  'control-plane': [
    'common',
    'api',
    'policy',
    'envoy',
    'cluster',
    'kubernetes',
    'smi',
    'mesh',
    'xds',
    'certificates',
    'admission',
    'injector',
  ],
  cli: ['common', 'api', 'kubernetes'],
};

/** Third-party packages and the folders (under src/) that may import each. */
export const packageHomes = {
  '@bufbuild/protobuf': ['envoy', 'xds'],
  '@grpc/grpc-js': ['xds/server', 'control-plane'],
  '@kubernetes/client-node': ['kubernetes'],
  'js-yaml': ['kubernetes', 'operator', 'control-plane', 'injector'],
  undici: ['kubernetes', 'certificates'],
  winston: ['json-logger'],
  'prom-client': ['common', 'control-plane', 'operator-metrics'],
  commander: ['main', 'cli'],
};

/** Rooms and folders that decide and therefore may not import any `node:` module. */
export const pure = ['policy', 'smi', 'mesh', 'cluster', 'xds/resources', 'xds/delta', 'api'];

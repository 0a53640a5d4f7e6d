/* A control plane in a process of its own, so that its memory and its event loop are measured alone. */
import { silentLogger } from '../../../src/common/logger.ts';
import { runControlPlane } from '../../../src/control-plane/run.ts';
import type { ControlPlaneOptions } from '../../../src/control-plane/options.ts';

/** What the process tells when asked: its memory in bytes, and what turns of its event loop took since then. */
export interface Load {
  readonly rss: number;
  /** Milliseconds of CPU between looks at a clock every 5 ms. */
  readonly turns: readonly number[];
}

const runOptions = JSON.parse(process.argv[2] ?? '') as Pick<
  ControlPlaneOptions,
  'kubeconfig' | 'ports'
>;
const options: ControlPlaneOptions = {
  version: '0.0.0',
  namespace: 'weft-system',
  meshConfig: 'osm-mesh-config',
  images: { envoy: 'envoy:1', init: 'init:1' },
  podName: 'weft-0',
  podIps: ['127.0.0.1'],
  clusterDomain: 'cluster.local',
  tokenFile: '/nowhere',
  ...runOptions,
};

let turns: number[] = [];
let before = process.threadCpuUsage();
setInterval(() => {
  const used = process.threadCpuUsage(before);
  before = process.threadCpuUsage();
  turns.push((used.user + used.system) / 1_000);
}, 5);
process.on('message', () => {
  process.send?.({ rss: process.memoryUsage.rss(), turns } satisfies Load);
  turns = [];
});
process.on('disconnect', () => process.exit());
await runControlPlane(options, silentLogger, new AbortController().signal);

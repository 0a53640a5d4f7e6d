/* Gets real components ahead of time: `node tools/parts/fetch.ts [part…]`, all of them by default. */
import { runMain } from '../base/main.ts';
import { baseImageTar } from './base-image.ts';
import { certManager } from './cert-manager.ts';
import { coredns } from './coredns.ts';
import { debianPackages, imagePackages, nodePackages } from './debian.ts';
import { envoyProtos } from './envoy-protos.ts';
import { envoyBinary } from './envoy.ts';
import { kubeBinary } from './kube.ts';
import { kubectl } from './kubectl.ts';
import { openbao } from './openbao.ts';

const parts: Readonly<Record<string, () => Promise<unknown>>> = {
  debian: () => debianPackages([...nodePackages, ...imagePackages]),
  envoy: () => envoyBinary(),
  'envoy-protos': envoyProtos,
  kubectl,
  kube: kubeBinary,
  coredns,
  openbao,
  'cert-manager': certManager,
  base: async () => {
    await baseImageTar('runtime');
    await baseImageTar('iptables');
  },
};

/** The Go builds each keep all cores busy, so they follow one another beside the downloads. */
const goBuilds = ['envoy-protos', 'kube', 'coredns', 'cert-manager'];

async function fetchParts(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) {
    throw new Error(
      `no part is called ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`,
    );
  }
  const inTurn = async (some: readonly string[]): Promise<void> => {
    for (const name of some) await parts[name]?.();
  };
  const builds = names.filter((name) => goBuilds.includes(name));
  const downloads = names.filter((name) => !goBuilds.includes(name));
  await Promise.all([inTurn(builds), inTurn(downloads)]);
}

const asked = process.argv.slice(2);
await runMain(() => fetchParts(asked.length > 0 ? asked : Object.keys(parts)));

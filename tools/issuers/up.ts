/*
 * Puts certificate issuers into a running local cluster: `node tools/issuers/up.ts [CLUSTER]`. The
 * settings of a MeshConfig that use them are in `provider.ts`.
 */
import type { CertManagerObjects } from '../real/cert-manager.ts';
import { runMain } from '../base/main.ts';
import { placeOf } from '../cluster/place.ts';
import { demoCluster } from '../demo/demo-cluster.ts';
import { buildImages } from '../images/build.ts';
import { loadImages } from '../images/load.ts';
import { issuerImages } from '../images/stage.ts';
import { elapsed, say, step } from '../progress.ts';
import { installCertManager } from './cert-manager.ts';
import { installOpenBao } from './openbao.ts';
import type { BaoAccess } from './openbao-access.ts';
import { openPlace } from './place.ts';
import { names } from './provider.ts';

/** The issuers of a cluster, and their clients. */
export interface Issuers {
  readonly certManager: CertManagerObjects;
  readonly openBao: BaoAccess;
  /** Closes the connections; the issuers continue to run. */
  readonly close: () => Promise<void>;
}

/** Installs cert-manager and OpenBao on a running local cluster; existing objects stay. */
export async function installIssuers(cluster: string): Promise<Issuers> {
  const images = await buildImages(issuerImages);
  await loadImages(cluster, images);
  const place = await openPlace(placeOf(cluster).kubeconfig);
  const image = (name: string): string =>
    images.find(({ reference }) => reference.includes(`/${name}:`))?.reference ?? '';
  const [certManager, openBao] = await Promise.all([
    step('Install cert-manager', (note) => installCertManager(place, image('cert-manager'), note)),
    step('Install OpenBao', (note) => installOpenBao(place, image('openbao'), note)),
  ]).catch(async (error: unknown) => {
    await place.api.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await openBao.close();
    await place.api.close();
  };
  return { certManager, openBao, close };
}

if (import.meta.main) {
  await runMain(async () => {
    const began = Date.now();
    const issuers = await installIssuers(process.argv[2] ?? demoCluster);
    await issuers.close();
    say(`The issuers are ready after ${elapsed(Date.now() - began)}:`);
    say(`  cert-manager  ClusterIssuers ${names.clusterIssuers.join(', ')}`);
    say(`  OpenBao       mounts ${names.mounts.join(', ')}, role ${names.role}`);
  });
}

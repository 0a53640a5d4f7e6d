/* Boots a local Kubernetes cluster: `node tools/cluster/up.ts [NAME]`. */
import { createHash } from 'node:crypto';
import { untilReady } from '../base/daemon.ts';
import { runMain } from '../base/main.ts';
import { withLock } from '../base/lock.ts';
import { type BuiltImage, buildImage } from '../images/build.ts';
import { loadImages } from '../images/load.ts';
import { debianPackages, nodePackages } from '../parts/debian.ts';
import { kubeBinary } from '../parts/kube.ts';
import { say, step } from '../progress.ts';
import type { Addresses } from './address.ts';
import { type BootPlan, startApi, startContainerd, startNode, writeCredentials } from './boot.ts';
import { createCgroups } from './cgroup.ts';
import { applyDns, dnsAnswers, hasDefaultAccount, healthy, nodeReady, remember } from './health.ts';
import { saveHostSettings } from './host-settings.ts';
import { createNetwork } from './network.ts';
import { writeNodeFiles } from './node-files.ts';
import { type Place, clusterLock, defaultCluster, placeOf } from './place.ts';
import { hasTraces, tearDown } from './teardown.ts';

/** Raise this when clusters of an earlier version of these scripts should be created again. */
const layout = 5;

const patienceMs = 60_000;

/** A local cluster that is ready. */
export interface Cluster {
  readonly name: string;
  readonly kubeconfig: string;
  readonly addresses: Addresses;
}

interface Parts {
  readonly kube: string;
  readonly pause: BuiltImage;
  readonly dns: BuiltImage;
  /** Stands for all that the cluster is made from. */
  readonly version: string;
}

/** Boots the cluster, unless it runs already and is healthy; a broken or older one is cleared first. */
export async function bringUp(name: string): Promise<Cluster> {
  const place = placeOf(name);
  return withLock(clusterLock(name), async () => {
    const parts = await getParts();
    const running = await healthy(place, parts.version);
    if (running) return { name, kubeconfig: place.kubeconfig, addresses: running.addresses };
    if (hasTraces(place))
      await step(`Clear what an earlier cluster ${name} left`, () => tearDown(place));
    return boot(place, parts).catch((error: unknown) => {
      const hint = `The logs are in ${place.logs}; \`node tools/cluster/down.ts ${name}\` removes what is left.`;
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${hint}`, {
        cause: error,
      });
    });
  });
}

async function getParts(): Promise<Parts> {
  await debianPackages(nodePackages);
  const kube = await kubeBinary();
  const pause = await buildImage('pause');
  const dns = await buildImage('coredns');
  const version = createHash('sha256').update(JSON.stringify([layout, kube, pause.hash, dns.hash]));
  return { kube, pause, dns, version: version.digest('hex') };
}

async function boot(place: Place, parts: Parts): Promise<Cluster> {
  const addresses = await step(`Boot cluster ${place.name}`, async (note) => {
    note('network');
    await saveHostSettings(place);
    await createCgroups(place);
    const plan: BootPlan = { place, addresses: await createNetwork(place), kube: parts.kube };
    const ca = await writeCredentials(plan);
    await writeNodeFiles({ ...plan, pauseImage: parts.pause.reference });
    note('API server');
    const loaded = startContainerd(plan).then(() =>
      loadImages(place.name, [parts.pause, parts.dns]),
    );
    await Promise.all([startApi(plan, ca), loaded]);
    note('node');
    const kubelet = await startNode(plan);
    await applyDns(place, parts.dns.reference);
    await untilReady(kubelet, () => nodeReady(place), patienceMs);
    note('DNS');
    await untilReady(kubelet, () => dnsAnswers(place), patienceMs);
    await untilReady(kubelet, () => hasDefaultAccount(place), patienceMs);
    return plan.addresses;
  });
  await remember(place, { version: parts.version, addresses });
  return { name: place.name, kubeconfig: place.kubeconfig, addresses };
}

if (import.meta.main) {
  await runMain(async () => {
    const { name, kubeconfig, addresses } = await bringUp(process.argv[2] ?? defaultCluster);
    say(`Cluster ${name} is ready: KUBECONFIG=${kubeconfig}, node address ${addresses.node}`);
  });
}

/*
 * `make test-rotation`: on a local cluster of its own, the mesh goes from provider to provider, nine
 * switches, under steady load: a million requests. The last line says how many there were and how many
 * failed; the command ends with 1 if any did. `--quick` takes a local cluster's times instead of the
 * defaults that users have, and half a minute a switch; `--keep` leaves the cluster, `--rate N` sets
 * the load.
 */
import { parseArgs } from 'node:util';
import { prepareLoad } from '../load/load.ts';
import { nineSwitches, type Outcome } from './nine-switches.ts';
import { runMain } from '../../tools/base/main.ts';
import { bringDown } from '../../tools/cluster/down.ts';
import { installMesh, localCluster } from '../../tools/demo/up.ts';
import { openPlace } from '../../tools/issuers/place.ts';
import { names } from '../../tools/issuers/provider.ts';
import { installIssuers } from '../../tools/issuers/up.ts';
import { say, step } from '../../tools/progress.ts';

const cluster = 'rotation';

/** A local cluster brings a changed ConfigMap into pods within half of this. */
const quickly = { rotation: { bundlePropagation: '20s' } };

/** So that a busy node does not forget sidecars that ask for nothing. */
const sidecar = { resources: { requests: { cpu: '200m' } } };

async function rotate(rate: number, certificate: object): Promise<Outcome> {
  const { kubeconfig } = await localCluster(cluster);
  const place = await openPlace(kubeconfig);
  try {
    await installMesh(place.kubectl);
    const traffic = { enablePermissiveTrafficPolicyMode: false };
    const patch = JSON.stringify({ spec: { traffic, certificate, sidecar } });
    const meshConfig = ['meshconfig', names.meshConfig, '-n', names.system];
    await place.kubectl.run('patch', ...meshConfig, '--type=merge', '-p', patch);
    const issuers = await installIssuers(cluster);
    try {
      await step('Prepare the load', () => prepareLoad(place));
      return await nineSwitches(place, issuers, rate);
    } finally {
      await issuers.close();
    }
  } finally {
    await place.api.close();
  }
}

await runMain(async () => {
  const options = {
    keep: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    rate: { type: 'string', default: '1000' },
  } as const;
  const { values } = parseArgs({ options });
  await bringDown(cluster);
  try {
    const { switches, requests, failed } = await rotate(
      Number(values.rate),
      values.quick ? quickly : {},
    );
    if (!values.keep) await bringDown(cluster);
    say(`${switches} switches, ${requests} requests, ${failed} failed`);
    if (failed > 0) process.exitCode = 1;
  } catch (error) {
    if (!values.keep) await bringDown(cluster);
    throw error;
  }
});

/* Puts load on a local cluster's mesh: `node test/load/run.ts [--cluster NAME] [--rate N] [--seconds N]`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connect } from '../../src/kubernetes/connect.ts';
import { runMain } from '../../tools/base/main.ts';
import { placeOf } from '../../tools/cluster/place.ts';
import { demoCluster } from '../../tools/demo/demo-cluster.ts';
import { kubectlFor } from '../../tools/demo/kubectl.ts';
import { say, step } from '../../tools/progress.ts';
import { prepareLoad, startLoad } from './load.ts';

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      cluster: { type: 'string', default: demoCluster },
      rate: { type: 'string', default: '500' },
      seconds: { type: 'string', default: '60' },
    },
  });
  const { kubeconfig } = placeOf(values.cluster);
  const place = { kubectl: await kubectlFor(kubeconfig), api: await connect({ kubeconfig }) };
  try {
    await step('Prepare the load', () => prepareLoad(place));
    const load = await step('Begin', () => startLoad(place, { rate: Number(values.rate) }));
    await step(`${values.rate} a second from ${load.pod}`, async (note) => {
      const end = Date.now() + Number(values.seconds) * 1000;
      while (Date.now() < end) {
        await sleep(5000);
        note(JSON.stringify((await load.seconds(1))[0]?.counts));
      }
    });
    say(JSON.stringify(await load.stop(), undefined, 1));
  } finally {
    await place.api.close();
  }
});

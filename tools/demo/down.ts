/* `make down`: ends the pages and removes the local cluster with everything in it. */
import { runMain } from '../base/main.ts';
import { bringDown } from '../cluster/down.ts';
import { demoCluster } from './demo-cluster.ts';
import { stopForwards } from './forward.ts';

await runMain(async () => {
  await stopForwards();
  await bringDown(demoCluster);
});

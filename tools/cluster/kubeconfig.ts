/* Prints the path of a local cluster's kubeconfig: `node tools/cluster/kubeconfig.ts [NAME]`. */
import { recall } from './health.ts';
import { defaultCluster, placeOf } from './place.ts';

const place = placeOf(process.argv[2] ?? defaultCluster);
if (await recall(place)) {
  process.stdout.write(`${place.kubeconfig}\n`);
} else {
  process.stderr.write(
    `cluster ${place.name} is not up; \`node tools/cluster/up.ts ${place.name}\` boots it\n`,
  );
  process.exitCode = 1;
}

/*
 * `make demo-switch`: on the demo that is running, one edit of the MeshConfig after the other moves the
 * mesh to another certificate provider while the bookbuyer buys. The last line counts failed requests.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dump } from 'js-yaml';
import { runMain } from '../base/main.ts';
import { placeOf } from '../cluster/place.ts';
import { repository } from '../images/bundle.ts';
import { followSwitch, readMeshConfig, type Switched, wordsOf } from '../issuers/follow-switch.ts';
import { type InstallPlace, openPlace } from '../issuers/place.ts';
import {
  builtInProvider,
  certManagerProvider,
  names,
  type Provider,
  vaultProvider,
} from '../issuers/provider.ts';
import { whyUnsettled } from '../issuers/settled.ts';
import { installIssuers } from '../issuers/up.ts';
import { elapsed, say, step } from '../progress.ts';
import { readCounts } from './counters.ts';
import { demoCluster } from './demo-cluster.ts';
import { forward, stopForwards, type Forward } from './forward.ts';

interface Chapter {
  readonly title: string;
  readonly provider: Provider;
}

const chapters: readonly Chapter[] = [
  {
    title: 'From the built-in authority to cert-manager',
    provider: certManagerProvider('mesh-ca'),
  },
  { title: 'From cert-manager to Vault', provider: vaultProvider('pki') },
  { title: 'From Vault back to the built-in authority', provider: builtInProvider() },
];

/** How many books the bookbuyer bought, and how many requests failed. */
interface Trade {
  readonly bought: number;
  readonly failed: number;
}

async function tradeOf(bookbuyer: Forward): Promise<Trade> {
  const { bookbuyer: count } = await readCounts([bookbuyer]);
  const { booksBoughtV1 = 0, booksBoughtV2 = 0, failed = 0 } = count ?? {};
  return { bought: booksBoughtV1 + booksBoughtV2, failed };
}

function since(before: Trade, now: Trade): Trade {
  return { bought: now.bought - before.bought, failed: now.failed - before.failed };
}

/** Applies a merge patch to the MeshConfig, and prints the command for it. */
async function patch({ kubectl }: InstallPlace, spec: object): Promise<void> {
  const yaml = dump({ spec });
  const args = ['meshconfig', names.meshConfig, '-n', names.system, '--type=merge'];
  say(`  $ kubectl patch ${args.join(' ')} --patch-file /dev/stdin`);
  for (const line of yaml.trimEnd().split('\n')) say(`  │ ${line}`);
  await kubectl.run('patch', ...args, '-p', yaml);
}

async function play(place: InstallPlace, chapter: Chapter): Promise<Switched> {
  const edit = (): Promise<void> => patch(place, { certificate: { provider: chapter.provider } });
  return followSwitch(place, { edit, onStage: (stage) => say(`  ${wordsOf(stage)}`) });
}

/** Lets the bookbuyer buy, in any state of the story of the policies, and opens its page. */
async function openShop(place: InstallPlace): Promise<Forward> {
  const policies = join(repository, 'config/demo/policies/traffic-access.yaml');
  await place.kubectl.run('apply', '-f', policies);
  await stopForwards();
  const [bookbuyer] = await Promise.all(
    ['bookbuyer', 'bookthief'].map((app) => forward(place.kubectl, app)),
  );
  if (bookbuyer === undefined) throw new Error('there is no page of the bookbuyer');
  await untilBuying(bookbuyer);
  return bookbuyer;
}

/** Waits until a few seconds have passed in which books were bought and nothing failed. */
async function untilBuying(bookbuyer: Forward): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const before = await tradeOf(bookbuyer);
    await sleep(3000);
    const { bought, failed } = since(before, await tradeOf(bookbuyer));
    if (bought > 0 && failed === 0) return;
    if (Date.now() > deadline) throw new Error('the bookbuyer does not get its books');
  }
}

async function prepare(place: InstallPlace): Promise<Forward> {
  const why = whyUnsettled(await readMeshConfig(place));
  if (why !== undefined) throw new Error(`The demo cannot switch now: ${why}`);
  const issuers = await installIssuers(demoCluster);
  await issuers.close();
  say('This cluster brings a changed ConfigMap into running pods within 10 seconds:');
  await patch(place, { certificate: { rotation: { bundlePropagation: '20s' } } });
  return step('Open the bookstore', () => openShop(place));
}

await runMain(async () => {
  const place = await openPlace(placeOf(demoCluster).kubeconfig);
  try {
    const bookbuyer = await prepare(place);
    const first = await tradeOf(bookbuyer);
    for (const [index, chapter] of chapters.entries()) {
      say('');
      say(`▶ ${index + 1}/${chapters.length} ${chapter.title}`);
      const before = await tradeOf(bookbuyer);
      const { from, to, tookMs } = await play(place, chapter);
      const { bought, failed } = since(before, await tradeOf(bookbuyer));
      say(`  ✓ ${from} → ${to} in ${elapsed(tookMs)}; ${bought} books bought, ${failed} failed`);
    }
    const { bought, failed } = since(first, await tradeOf(bookbuyer));
    say('');
    say(`${chapters.length} switches, ${bought} books bought, ${failed} failed`);
    if (failed > 0) process.exitCode = 1;
  } finally {
    await place.api.close();
  }
});

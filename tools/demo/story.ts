import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../images/bundle.ts';
import { say } from '../progress.ts';
import {
  readCounts,
  untilTraffic,
  type Counts,
  type Expectation,
  type Watched,
} from './counters.ts';
import type { Forward } from './forward.ts';
import type { Kubectl } from './kubectl.ts';

/** One step of the story: the change, and the expected traffic afterwards. */
interface Chapter {
  readonly title: string;
  /** Files below config/demo, applied or deleted. */
  readonly apply?: readonly string[];
  readonly remove?: readonly string[];
  /** A merge patch of the MeshConfig. */
  readonly patch?: string;
  /** A deployment to wait for afterwards, as `<namespace> <name>`. */
  readonly rollout?: readonly [string, string];
  readonly expected: Expectation;
}

const v1 = (app: string): Watched => ({ app, field: 'booksBoughtV1' });
const v2 = (app: string): Watched => ({ app, field: 'booksBoughtV2' });
const thief = [v1('bookthief'), v2('bookthief')];
const permissive = (on: boolean): string =>
  JSON.stringify({ spec: { traffic: { enablePermissiveTrafficPolicyMode: on } } });

const chapters: readonly Chapter[] = [
  {
    title: 'Permissive mode: every workload in the mesh reaches the bookstore',
    expected: { climb: [v1('bookbuyer'), v1('bookthief')], rest: [] },
  },
  {
    title: 'Permissive mode off: no call is allowed, so all traffic stops',
    patch: permissive(false),
    expected: { climb: [], rest: [v1('bookbuyer'), ...thief] },
  },
  {
    title: 'A TrafficTarget for the bookbuyer: it buys again, the bookthief stays outside',
    apply: ['policies/traffic-access.yaml'],
    expected: { climb: [v1('bookbuyer')], rest: thief },
  },
  {
    title: 'A TrafficSplit 100/0, before there is a bookstore v2: all books come from v1',
    apply: ['policies/traffic-split-100-0.yaml'],
    expected: { climb: [v1('bookbuyer')], rest: [v2('bookbuyer'), ...thief] },
  },
  {
    title: 'Bookstore v2 is deployed: with weight 0 it still sells nothing',
    apply: ['bookstore-v2.yaml'],
    rollout: ['bookstore', 'bookstore-v2'],
    expected: { climb: [v1('bookbuyer')], rest: [v2('bookbuyer'), ...thief] },
  },
  {
    title: 'TrafficSplit 50/50: both versions sell',
    apply: ['policies/traffic-split-50-50.yaml'],
    expected: { climb: [v1('bookbuyer'), v2('bookbuyer')], rest: thief },
  },
  {
    title: 'TrafficSplit 0/100: only v2 sells',
    apply: ['policies/traffic-split-0-100.yaml'],
    expected: { climb: [v2('bookbuyer')], rest: [v1('bookbuyer'), ...thief] },
  },
  {
    title: 'The TrafficTargets are deleted: the bookbuyer stops',
    remove: ['policies/traffic-access.yaml'],
    expected: { climb: [], rest: [v1('bookbuyer'), v2('bookbuyer'), ...thief] },
  },
];

async function show(verb: string, file: string): Promise<void> {
  const text = await readFile(join(repository, 'config/demo', file), 'utf8');
  say(`  $ kubectl ${verb} -f config/demo/${file}`);
  for (const line of text.trimEnd().split('\n')) say(`  │ ${line}`);
}

function table(before: Counts, after: Counts): void {
  say('                     v1            v2        refused');
  for (const [app, now] of Object.entries(after)) {
    const then = before[app] ?? now;
    const cell = (field: Watched['field']): string => `${then[field]} → ${now[field]}`.padStart(13);
    say(`  ${app.padEnd(10)} ${cell('booksBoughtV1')} ${cell('booksBoughtV2')} ${cell('failed')}`);
  }
}

async function change(kubectl: Kubectl, chapter: Chapter): Promise<void> {
  for (const file of chapter.apply ?? []) {
    await show('apply', file);
    await kubectl.run('apply', '-f', join(repository, 'config/demo', file));
  }
  for (const file of chapter.remove ?? []) {
    say(`  $ kubectl delete -f config/demo/${file}`);
    await kubectl.run('delete', '-f', join(repository, 'config/demo', file));
  }
  if (chapter.patch !== undefined) await patchMesh(kubectl, chapter.patch);
  if (chapter.rollout !== undefined) {
    const [namespace, name] = chapter.rollout;
    await kubectl.run('rollout', 'status', '-n', namespace, `deployment/${name}`, '--timeout=120s');
  }
}

async function patchMesh(kubectl: Kubectl, patch: string): Promise<void> {
  const args = ['meshconfig', 'osm-mesh-config', '-n', 'weft-system', '--type=merge', '-p', patch];
  say(`  $ kubectl patch ${args.slice(0, -1).join(' ')} '${patch}'`);
  await kubectl.run('patch', ...args);
}

/** Restores the state in which the story begins, also after an earlier run. */
export async function rewind(kubectl: Kubectl): Promise<void> {
  const files = [
    'policies/traffic-access.yaml',
    'policies/traffic-split-100-0.yaml',
    'bookstore-v2.yaml',
  ];
  for (const file of files) {
    const path = join(repository, 'config/demo', file);
    await kubectl.run('delete', '--ignore-not-found', '--wait=true', '-f', path);
  }
  const args = ['osm-mesh-config', '-n', 'weft-system', '--type=merge', '-p', permissive(true)];
  await kubectl.run('patch', 'meshconfig', ...args);
}

/** Plays the story chapter by chapter. Throws at the first chapter with unexpected traffic. */
export async function playStory(kubectl: Kubectl, forwards: readonly Forward[]): Promise<void> {
  for (const [index, chapter] of chapters.entries()) {
    say('');
    say(`▶ ${index + 1}/${chapters.length} ${chapter.title}`);
    const before = await readCounts(forwards);
    await change(kubectl, chapter);
    const changed = Date.now();
    await untilTraffic(forwards, chapter.expected);
    table(before, await readCounts(forwards));
    say(
      `  ✓ seen in real traffic, ${((Date.now() - changed) / 1000).toFixed(1)} s after the change`,
    );
  }
}

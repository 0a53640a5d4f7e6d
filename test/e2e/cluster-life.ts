import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { run } from '../../tools/base/command.ts';
import { stateRoot } from '../../tools/cluster/place.ts';
import { figure } from './figure.ts';
import { typed, type TestCluster } from './test-cluster.ts';

/** What the machine knows of the test's cluster, in words; other clusters do not count. */
async function machineTraces({ place }: TestCluster): Promise<readonly string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const links = (await run('ip', ['-o', 'link'])).split('\n');
  const folders = [place.directory, join(stateRoot(), `pages-of-${place.name}`)];
  return [
    ...[...folders, `/run/netns/${place.namespace}`].filter((path) => existsSync(path)),
    ...mounts.filter((line) => line.includes(`${place.directory}/`)),
    ...links.filter((line) => line.includes(place.namespace)),
    ...(await processesOf(`${place.directory}/`)),
  ];
}

async function processesOf(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.map((line) => line.replaceAll('\0', ' ')).filter((line) => line.includes(text));
}

/** From nothing to the demo that runs. */
export function demo(world: () => TestCluster, output: () => string): void {
  it('`make demo` boots a node, installs the mesh and plays its story to the end', async () => {
    await typed(world(), 'make setup');
    const up = /The mesh is up after (.*)\./.exec(output())?.[1];
    const seen = [...output().matchAll(/✓ seen in real traffic, (.*) s after the change/g)];
    figure(`make demo: the mesh is up after ${up ?? '?'}, ${seen.length} of 8 chapters passed`);
    expect(up).toBeDefined();
    expect(seen).toHaveLength(8);
  }, 60_000);

  it('the pages it names show live counters', async () => {
    const pages = [...output().matchAll(/^ {2}(bookbuyer|bookthief) +(http:\S+)$/gm)];
    expect(pages.map(([, app]) => app)).toEqual(['bookbuyer', 'bookthief']);
    for (const [, app, url = ''] of pages) {
      expect(await (await fetch(url)).text()).toMatch(new RegExp(`<h1>${app ?? ''}</h1>`, 'i'));
      expect(await (await fetch(`${url}/raw`)).json()).toHaveProperty('booksBoughtV1');
    }
  }, 30_000);

  it('`make -s kubeconfig` names its kubeconfig', async () => {
    expect(await typed(world(), 'make -s kubeconfig')).toBe(`${world().place.kubeconfig}\n`);
  }, 30_000);
}

/** The end of the demo. */
export function noTrace(world: () => TestCluster): void {
  it('`make down` removes every trace of it from the machine', async () => {
    expect(await machineTraces(world())).not.toEqual([]);
    const began = Date.now();
    await typed(world(), 'make down');
    figure(`make down: ${((Date.now() - began) / 1000).toFixed(1)} s`);
    expect(await machineTraces(world())).toEqual([]);
  }, 120_000);
}

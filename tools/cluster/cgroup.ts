import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessIdentity, identify } from '../base/process-identity.ts';
import type { Place } from './place.ts';

const root = '/sys/fs/cgroup';

/** Creates the cluster's control groups; the node's own programs go into the group `system`. */
export async function createCgroups(place: Place): Promise<void> {
  if (isV2()) await delegate(root);
  for (const hierarchy of hierarchies()) {
    const own = join(hierarchy, place.cgroup);
    await mkdir(join(own, 'system'), { recursive: true });
    for (const name of ['cpuset.cpus', 'cpuset.mems']) {
      if (isV2() || !existsSync(join(own, name))) continue;
      const value = await readFile(join(hierarchy, name), 'utf8');
      await writeFile(join(own, name), value);
      await writeFile(join(own, 'system', name), value);
    }
    if (isV2()) await delegate(own);
    await giveWeight(own);
  }
}

/** The default weight would give all programs of the cluster together the CPU time of one other program. */
const programs = 8;

async function giveWeight(group: string): Promise<void> {
  const [file, one] = isV2() ? ['cpu.weight', 100] : ['cpu.shares', 1024];
  const path = join(group, file);
  if (existsSync(path)) await writeFile(path, String(programs * one));
}

/** The file into which a process writes its id to become one of the node's own programs. */
export function systemProcesses(place: Place): string {
  return join(trackingHierarchy(), place.cgroup, 'system', 'cgroup.procs');
}

/** Every process of the cluster, including those of containers. */
export async function cgroupMembers(place: Place): Promise<ProcessIdentity[]> {
  const folders = await subtree(join(trackingHierarchy(), place.cgroup));
  const lists = await Promise.all(
    folders.map((folder) => readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')),
  );
  const pids = lists.flatMap((list) => list.split('\n').filter((line) => line !== ''));
  return pids.map((pid) => identify(Number(pid))).filter((identity) => identity !== undefined);
}

/** Whether any of the cluster's control groups is there. */
export function hasCgroups(place: Place): boolean {
  return hierarchies().some((hierarchy) => existsSync(join(hierarchy, place.cgroup)));
}

/** Removes the cluster's control groups, which must be empty of processes. */
export async function removeCgroups(place: Place): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const folders = await subtree(join(hierarchy, place.cgroup));
    for (const folder of folders.reverse()) await removeWhenEmpty(folder);
  }
}

/** A process that has ended stays in its group until its parent has taken note. */
async function removeWhenEmpty(folder: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === 'EBUSY';
      if (!busy || Date.now() > deadline) throw error;
      await sleep(20);
    }
  }
}

/** Outer folders before those inside them. */
async function subtree(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const inner = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => subtree(join(folder, entry.name))),
  );
  return [folder, ...inner.flat()];
}

function isV2(): boolean {
  return existsSync(join(root, 'cgroup.controllers'));
}

/** The hierarchies of version 1, or the single hierarchy of version 2. */
function hierarchies(): string[] {
  if (isV2()) return [root];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, entry.name))
    .filter((folder) => existsSync(join(folder, 'cgroup.procs')));
}

/** The hierarchy in which processes are looked up. */
function trackingHierarchy(): string {
  return isV2() ? root : join(root, 'pids');
}

async function delegate(folder: string): Promise<void> {
  const controllers = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(' ');
  const wanted = controllers.map((name) => `+${name}`).join(' ');
  await writeFile(join(folder, 'cgroup.subtree_control'), wanted);
}

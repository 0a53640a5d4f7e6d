import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from '../base/cache.ts';
import { withLock } from '../base/lock.ts';
import { type Place, stateRoot } from './place.ts';

/** Settings of the host's kernel that a kubelet changes as it starts. */
const changed = [
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxbytes',
  'kernel/keys/root_maxkeys',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
].map((name) => join('/proc/sys', name));

/** Runs `work` while no other cluster changes the host's settings or the files that all clusters share. */
export function withHostLock<T>(work: () => Promise<T>): Promise<T> {
  return withLock(join(cacheRoot(), '.host.lock'), work);
}

/** Records the host's settings, unless another cluster has recorded them before it changed them. */
export function saveHostSettings(place: Place): Promise<void> {
  return withHostLock(() => save(place));
}

async function save(place: Place): Promise<void> {
  const earlier = (await others(place)).length > 0 ? await firstSaved(place) : undefined;
  const values =
    earlier ??
    Object.fromEntries(
      await Promise.all(changed.map(async (path) => [path, await readFile(path, 'utf8')] as const)),
    );
  await mkdir(place.directory, { recursive: true });
  await writeFile(saved(place.directory), JSON.stringify(values));
}

/**
 * Restores the host's settings when the last cluster is removed, and removes the cluster's record of them. The caller
 * must hold the lock of `withHostLock`: without it, of two clusters that end together, neither would be the last.
 */
export async function restoreHostSettings(place: Place): Promise<void> {
  const values = await read(saved(place.directory));
  if (values !== undefined && (await others(place)).length === 0)
    for (const [path, value] of Object.entries(values)) await writeFile(path, value);
  await rm(saved(place.directory), { force: true });
}

/** The folders of other clusters that have recorded the host's settings. */
export async function others(place: Place): Promise<string[]> {
  const folders = await readdir(stateRoot()).catch(() => []);
  const candidates = folders
    .map((name) => join(stateRoot(), name))
    .filter((folder) => folder !== place.directory);
  const settings = await Promise.all(candidates.map((folder) => read(saved(folder))));
  return candidates.filter((_, at) => settings[at] !== undefined);
}

async function firstSaved(place: Place): Promise<Record<string, string> | undefined> {
  const [folder] = await others(place);
  return folder === undefined ? undefined : read(saved(folder));
}

function saved(folder: string): string {
  return join(folder, 'host-settings.json');
}

async function read(file: string): Promise<Record<string, string> | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  } catch {
    return undefined;
  }
}

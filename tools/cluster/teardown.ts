import { existsSync } from 'node:fs';
import { readFile, readdir, readlink, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run, succeeds } from '../base/command.ts';
import { recordedDaemon } from '../base/daemon.ts';
import { type ProcessIdentity, endProcesses } from '../base/process-identity.ts';
import { isListening } from '../base/probe.ts';
import { cgroupMembers, hasCgroups, removeCgroups } from './cgroup.ts';
import { others, restoreHostSettings, withHostLock } from './host-settings.ts';
import { podNetworkName } from './node-files.ts';
import { type Place, stateRoot } from './place.ts';

/**
 * Removes every trace of a cluster: processes, containers, mounts, namespaces, control groups,
 * files. Works also on the remains of a killed run, and when there is nothing.
 */
export async function tearDown(place: Place): Promise<void> {
  await endProcesses([...(await recordedProcesses(place)), ...(await cgroupMembers(place))], 0);
  // Processes that a shim started while it was being ended.
  await endProcesses(await cgroupMembers(place), 0);
  await removeShimSockets(place);
  await unmountAll(place);
  await removeNetwork(place);
  await removeCgroups(place);
  await removeNetworkResults(place);
  await removeLogLinks(place);
  await withHostLock(async () => {
    await restoreHostSettings(place);
    await rm(place.directory, { recursive: true, force: true });
    // The kubelet of another cluster makes the socket's folder before it makes the socket.
    if ((await others(place)).length === 0)
      await removeStaleSocket('/var/lib/kubelet/device-plugins/kubelet.sock');
    await rmdir(stateRoot()).catch(() => undefined);
  });
}

/** Whether `tearDown` would remove anything. */
export function hasTraces(place: Place): boolean {
  return (
    existsSync(place.directory) ||
    existsSync(join('/run/netns', place.namespace)) ||
    hasCgroups(place)
  );
}

async function recordedProcesses(place: Place): Promise<ProcessIdentity[]> {
  const records = await readdir(place.processes).catch(() => []);
  const daemons = await Promise.all(
    records.map((name) => recordedDaemon(join(place.processes, name))),
  );
  return daemons.filter((daemon) => daemon !== undefined);
}

/** Each container's shim listens in a folder that all containerds of the host share. */
async function removeShimSockets(place: Place): Promise<void> {
  const tasks = join(place.directory, 'containerd-state/io.containerd.runtime.v2.task/k8s.io');
  for (const task of await readdir(tasks).catch(() => [])) {
    const address = await readFile(join(tasks, task, 'address'), 'utf8').catch(() => '');
    if (address.startsWith('unix:///run/containerd/s/'))
      await rm(address.slice('unix://'.length), { force: true });
  }
}

async function unmountAll(place: Place): Promise<void> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  const inside = mountPoints(table).filter((point) => point.startsWith(`${place.directory}/`));
  // Inner mounts were made later.
  if (inside.length > 0) await run('umount', ['--lazy', ...inside.reverse()]);
}

/** The mount points of a mountinfo table, in the order they were mounted. */
export function mountPoints(mountinfo: string): string[] {
  const unescape = (path: string): string =>
    path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((point) => point !== undefined)
    .map(unescape);
}

async function removeNetwork(place: Place): Promise<void> {
  if (!existsSync(join('/run/netns', place.namespace))) return;
  // The namespace would remove the cable too, but only some time later.
  await succeeds('ip', ['-n', place.namespace, 'link', 'delete', 'eth0']);
  await run('ip', ['netns', 'delete', place.namespace]);
}

/** The kubelet's only file outside its own folder; left alone while another kubelet listens there. */
async function removeStaleSocket(socket: string): Promise<void> {
  if (!existsSync(socket) || (await isListening(socket))) return;
  await rm(socket, { force: true });
  await rmdir(dirname(socket)).catch(() => undefined);
  await rmdir(dirname(dirname(socket))).catch(() => undefined);
}

/** CNI records the address of each pod in a folder that all networks of the host share. */
async function removeNetworkResults(place: Place): Promise<void> {
  const results = '/var/lib/cni/results';
  const own = new RegExp(`^${podNetworkName(place)}-([0-9a-f]{64})-`);
  for (const name of await readdir(results).catch(() => [])) {
    const pod = own.exec(name)?.[1];
    if (pod === undefined) continue;
    await rm(join(results, name));
    await rm(join(results, `cni-loopback-${pod}-lo`), { force: true });
  }
}

/** The kubelet links each container's log into a folder that all kubelets of the host share. */
async function removeLogLinks(place: Place): Promise<void> {
  const links = '/var/log/containers';
  for (const name of await readdir(links).catch(() => [])) {
    const leadsTo = await readlink(join(links, name)).catch(() => '');
    if (leadsTo.startsWith(`${place.directory}/`)) await rm(join(links, name));
  }
}

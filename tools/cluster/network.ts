import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../base/cache.ts';
import { run, succeeds } from '../base/command.ts';
import { withLock } from '../base/lock.ts';
import { type Addresses, freeAddresses, hostNetworks } from './address.ts';
import type { Place } from './place.ts';

/** Makes the cluster's network namespace and joins it to the host by a veth pair with free addresses. */
export async function createNetwork(place: Place): Promise<Addresses> {
  const withV6 = existsSync('/proc/sys/net/ipv6/conf/all');
  // Pods on one bridge reach each other through services only with the first, images need the
  // second; where they are built in, or cannot be loaded, this changes nothing.
  await succeeds('modprobe', ['-a', 'br_netfilter', 'overlay']);
  return withLock(join(cacheRoot(), '.network.lock'), async () => {
    const addresses = freeAddresses(await hostNetworks(), withV6);
    const cable = `weft${String(addresses.number)}`;
    await run('ip', ['netns', 'add', place.namespace]);
    await run('ip', [
      'link',
      'add',
      cable,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      place.namespace,
    ]);
    await run('ip', ['addr', 'add', `${addresses.host}/30`, 'dev', cable]);
    if (addresses.v6)
      await run('ip', ['-6', 'addr', 'add', `${addresses.v6.host}/64`, 'dev', cable, 'nodad']);
    await run('ip', ['link', 'set', cable, 'up']);
    await setUpInside(place, addresses);
    return addresses;
  });
}

/** The beginning of a command line that runs a program inside the cluster's network. */
export function inNetwork(place: Place): string[] {
  // Not `ip netns exec`, which would mount a new /sys and hide the cgroups.
  return ['nsenter', `--net=/run/netns/${place.namespace}`, '--'];
}

async function setUpInside(place: Place, addresses: Addresses): Promise<void> {
  const ip = (...args: string[]): Promise<string> => run('ip', ['-n', place.namespace, ...args]);
  await ip('link', 'set', 'lo', 'up');
  await ip('addr', 'add', `${addresses.node}/30`, 'dev', 'eth0');
  await ip('link', 'set', 'eth0', 'up');
  await ip('route', 'add', 'default', 'via', addresses.host);
  const settings = ['net.ipv4.ip_forward=1'];
  if (addresses.v6) {
    await ip('-6', 'addr', 'add', `${addresses.v6.node}/64`, 'dev', 'eth0', 'nodad');
    await ip('-6', 'route', 'add', 'default', 'via', addresses.v6.host);
    settings.push('net.ipv6.conf.all.forwarding=1');
  }
  const [program = '', ...rest] = inNetwork(place);
  await run(program, [...rest, 'sysctl', '-q', '-w', ...settings]);
}

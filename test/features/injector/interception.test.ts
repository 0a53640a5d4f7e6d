import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Interception } from '../../../src/injector/interception.ts';
import { renderRules } from '../../../src/injector/iptables.ts';
import { CommandError } from '../../../tools/base/command.ts';
import { debianPackages } from '../../../tools/parts/debian.ts';
import {
  type PodNetwork,
  addresses,
  makePodNetwork,
  strangers,
} from '../../support/injector/pod-network.ts';

const script = join(import.meta.dirname, '../../../images/weft-init/weft-init');
const sidecar = 45_678;
const { pod, peer } = addresses;

const everything: Interception = {
  inboundPortExclusions: [],
  outboundPortExclusions: [],
  rangeExclusions: [],
  rangeInclusions: [],
  interfaceExclusions: [],
  byPodIp: false,
};

const environment = (interception: Interception): Record<string, string> => ({
  WEFT_RULES_V4: renderRules(interception, 4, sidecar),
  WEFT_RULES_V6: renderRules(interception, 6, sidecar),
  WEFT_POD_IPS: `${pod.v4},${pod.v6}`,
  WEFT_HOST_IP: '203.0.113.1',
});

/** Of a pod whose first address, the kubelet's, is of that family. */
const firstIs = (family: 'IPv4' | 'IPv6'): Record<string, string> => ({
  ...environment(everything),
  WEFT_POD_IPS: family === 'IPv4' ? `${pod.v4},${pod.v6}` : `${pod.v6},${pod.v4}`,
});

/** As in the pod: user 0 with two capabilities and no way to more. */
const confined = ['setpriv', '--bounding-set=-all,+net_admin,+net_raw', '--no-new-privs'];

let network: PodNetwork;
beforeAll(async () => {
  await debianPackages(['iptables', 'iproute2']);
  network = await makePodNetwork();
  await network.listen('pod', [
    ...[
      '::|15001',
      '::|15003',
      '::|15010',
      '::|15901',
      '::|15904',
      '::|15905',
      '::|15906',
      '127.0.0.1|15000',
    ],
    ...['::|8080', '::|9000', `${pod.v4}|7000`, `${pod.v6}|7000`],
  ]);
  await network.listen('peer', ['::|8080', '::|5432', '::|3306']);
}, 60_000);
afterAll(async () => {
  await network[Symbol.asyncDispose]();
});

const intercept = (changes: Partial<Interception> = {}): Promise<string> =>
  network.inPod([...confined, 'sh', script], environment({ ...everything, ...changes }));

const rules = async (): Promise<string> =>
  (await network.inPod(['sh', '-c', 'iptables-save; ip6tables-save']))
    .split('\n')
    .filter((line) => /^(:WEFT|-A)/.test(line))
    .map((line) => line.replace(/\[\d+:\d+\]/, ''))
    .join('\n');

const fromPeer = (host: string, port: number): Promise<string> =>
  network.ask('peer', { host, port });
const fromApp = (host: string, port: number): Promise<string> => network.ask('pod', { host, port });
const fromSidecar = (host: string, port: number): Promise<string> =>
  network.ask('pod', { host, port, user: sidecar });

describe('the rules in a real network namespace', () => {
  it('changes nothing before they are applied', async () => {
    expect(await fromPeer(pod.v4, 8080)).toBe('pod:8080');
    expect(await fromApp(peer.v6, 8080)).toBe('peer:8080');
  });

  it('stay the same when they are applied again', async () => {
    expect(await intercept()).toContain('IPv4 and IPv6');
    const once = await rules();
    expect(once.match(/-A (PREROUTING|OUTPUT) /g)).toHaveLength(4);
    expect(once.match(/-A INPUT .*-j WEFT_PROBES/g)).toHaveLength(2);
    expect(once.match(/-A WEFT_PROBES .*connlimit-above (32|448)/g)).toHaveLength(2);
    expect(once).toMatch(/-A WEFT_PROBES -s 192.0.2.2\/32 -j RETURN/);
    expect(once).toMatch(/-A WEFT_PROBES -s 203.0.113.1\/32 -j RETURN/);
    await intercept();
    expect(await rules()).toBe(once);
  });

  describe.each<
    ['IPv4' | 'IPv6', { pod: string; peer: string; here: string; others: readonly string[] }]
  >([
    ['IPv4', { pod: pod.v4, peer: peer.v4, here: '127.0.0.1', others: strangers.v4 }],
    ['IPv6', { pod: pod.v6, peer: peer.v6, here: '::1', others: strangers.v6 }],
  ])('over %s', (family, at) => {
    beforeAll(async () => {
      await network.inPod([...confined, 'sh', script], firstIs(family));
    });

    it.each([8080, 9000, 15001, 22])('leads inbound port %d to the sidecar', async (port) => {
      expect(await fromPeer(at.pod, port)).toBe('pod:15003');
    });
    it.each([15010, 15901, 15904, 15905, 15906])('leaves inbound port %d alone', async (port) => {
      expect(await fromPeer(at.pod, port)).toBe(`pod:${port}`);
    });
    it('S9: grants one address 32 connections to the ports of the kubelet, and any number to others', async () => {
      const [first = '', second = ''] = at.others;
      expect(await network.reach(first, 20, { host: at.pod, port: 15905 })).toBe(20);
      expect(await network.reach(second, 100, { host: at.pod, port: 15901 })).toBeLessThanOrEqual(
        32,
      );
      expect(await network.reach(second, 100, { host: at.pod, port: 9000 })).toBe(100);
    });
    it('S9, H2b: grants all strangers together 448 of them, and the node the rest', async () => {
      const reached = await network.crowd(at.others, { host: at.pod, port: 15901 });
      expect(reached.strangers).toBeLessThanOrEqual(448);
      expect(reached.strangers).toBeGreaterThan(400);
      expect(reached.own).toBe(20);
    });
    it('S9, H2b: closes them to callers of another address family than that of the kubelet', async () => {
      await network.inPod(
        [...confined, 'sh', script],
        firstIs(family === 'IPv4' ? 'IPv6' : 'IPv4'),
      );
      for (const port of [15901, 15905, 15906]) expect(await fromPeer(at.pod, port)).toBe('');
      expect(await fromPeer(at.pod, 15010)).toBe('pod:15010');
      await network.inPod([...confined, 'sh', script], firstIs(family));
      expect(await fromPeer(at.pod, 15901)).toBe('pod:15901');
    });
    it('leads what the application calls to the sidecar, whether or not it is there', async () => {
      expect(await fromApp(at.peer, 8080)).toBe('pod:15001');
      expect(await fromApp(at.peer, 1)).toBe('pod:15001');
    });
    it('lets the sidecar itself out', async () => {
      expect(await fromSidecar(at.peer, 8080)).toBe('peer:8080');
    });
    it('leaves loopback alone', async () => {
      expect(await fromApp(at.here, 8080)).toBe('pod:8080');
      expect(await fromSidecar(at.here, 8080)).toBe('pod:8080');
      expect(await fromApp(at.pod, 8080)).toBe('pod:8080');
    });
    it('leads a call of the pod to itself in by the front door', async () => {
      expect(await fromSidecar(at.pod, 8080)).toBe('pod:15003');
    });
  });

  it('leaves excluded ports alone, also more than fifteen', async () => {
    const many = Array.from({ length: 40 }, (_, at) => 20_000 + at);
    await intercept({
      inboundPortExclusions: [8080, ...many],
      outboundPortExclusions: [...many, 5432],
    });
    for (const [podAddress, peerAddress] of [
      [pod.v4, peer.v4],
      [pod.v6, peer.v6],
    ] as const) {
      expect(await fromPeer(podAddress, 8080)).toBe('pod:8080');
      expect(await fromPeer(podAddress, 9000)).toBe('pod:15003');
      expect(await fromApp(peerAddress, 5432)).toBe('peer:5432');
      expect(await fromApp(peerAddress, 3306)).toBe('pod:15001');
    }
  });

  it('leaves excluded ranges alone', async () => {
    await intercept({
      rangeExclusions: [
        { family: 4, text: '203.0.113.0/24' },
        { family: 6, text: '2001:db8:9::/48' },
      ],
    });
    expect(await fromApp(peer.far, 8080)).toBe('peer:8080');
    expect(await fromApp(peer.farV6, 8080)).toBe('peer:8080');
    expect(await fromApp(peer.v4, 8080)).toBe('pod:15001');
    expect(await fromApp(peer.v6, 8080)).toBe('pod:15001');
  });

  it('leads only included ranges to the sidecar, and of these not the excluded ones', async () => {
    await intercept({
      rangeInclusions: [{ family: 4, text: '203.0.113.0/24' }],
      outboundPortExclusions: [5432],
    });
    expect(await fromApp(peer.far, 8080)).toBe('pod:15001');
    expect(await fromApp(peer.far, 5432)).toBe('peer:5432');
    expect(await fromApp(peer.v4, 8080)).toBe('peer:8080');
    expect(await fromApp(peer.v6, 8080)).toBe('peer:8080');
  });

  it('leaves excluded interfaces alone', async () => {
    await intercept();
    expect(await fromPeer(pod.second, 8080)).toBe('pod:15003');
    expect(await fromApp(peer.second, 8080)).toBe('pod:15001');
    await intercept({ interfaceExclusions: ['eth1'] });
    expect(await fromPeer(pod.second, 8080)).toBe('pod:8080');
    expect(await fromApp(peer.second, 8080)).toBe('peer:8080');
    expect(await fromPeer(pod.v4, 8080)).toBe('pod:15003');
    expect(await fromApp(peer.v4, 8080)).toBe('pod:15001');
  });

  it('lets the sidecar reach the application at the pod address, and its admin on loopback', async () => {
    await intercept();
    expect(await fromSidecar('127.0.0.1', 7000)).toBe('');
    await intercept({ byPodIp: true });
    expect(await fromSidecar('127.0.0.1', 7000)).toBe('pod:7000');
    expect(await fromSidecar('::1', 7000)).toBe('pod:7000');
    expect(await fromSidecar('127.0.0.1', 15000)).toBe('pod:15000');
    expect(await fromApp('127.0.0.1', 7000)).toBe('');
  });

  it('stands with addresses of one family only', async () => {
    const env = { ...environment({ ...everything, byPodIp: true }), WEFT_POD_IPS: pod.v6 };
    await network.inPod([...confined, 'sh', script], env);
    expect(await fromSidecar('::1', 7000)).toBe('pod:7000');
    expect(await fromSidecar('127.0.0.1', 8080)).toBe('pod:8080');
  });
});

describe('the init script', () => {
  it('needs no writable root file system', async () => {
    const readOnly = 'mount --make-rprivate / && mount -o remount,bind,ro / && exec "$@"';
    const env = { ...environment(everything), XTABLES_LOCKFILE: '/dev/shm/xtables.lock' };
    const inside = ['unshare', '--mount', 'sh', '-c', readOnly, 'sh', ...confined, 'sh', script];
    expect(await network.inPod(inside, env)).toContain('IPv4 and IPv6');
  });

  const outcome = (env: Record<string, string>, as = confined): Promise<string> =>
    network
      .inPod([...as, 'sh', script], { ...environment(everything), ...env })
      .catch((error: unknown) => (error instanceof CommandError ? error.output : String(error)));

  it.each(['WEFT_RULES_V4', 'WEFT_RULES_V6'])('says that %s is missing', async (name) => {
    expect(await outcome({ [name]: '' })).toContain(`weft-init: ${name} is empty`);
  });

  it('says what it lacks', async () => {
    const powerless = ['setpriv', '--bounding-set=-all', '--no-new-privs'];
    expect(await outcome({}, powerless)).toContain('needs NET_ADMIN and NET_RAW');
  });

  it('runs nothing that is written into its variables', async () => {
    const mark = `/tmp/weft-test-mark-${process.pid}`;
    const evil = `$(touch ${mark})\`touch ${mark}\`; touch ${mark}`;
    const byPodIp = environment({ ...everything, byPodIp: true });
    const before = await rules();
    expect(await outcome({ WEFT_RULES_V4: evil })).toContain('refused the rules');
    await outcome({ ...byPodIp, WEFT_POD_IPS: `1.2.3.4 -j ACCEPT\n${evil},::${evil}` });
    await outcome({ ...byPodIp, WEFT_HOST_IP: `1.2.3.4 -j ACCEPT\n${evil}` });
    await expect(access(mark)).rejects.toThrow('ENOENT');
    expect(before).not.toBe('');
  });
});

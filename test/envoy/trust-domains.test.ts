import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Secret } from '../../src/common/secret.ts';
import { encode } from '../../src/xds/resources/encode.ts';
import type { Resource } from '../../src/xds/resources/resource.ts';
import {
  type DomainRoots,
  trustResource,
  workloadResource,
} from '../../src/xds/resources/secrets.ts';
import { type MeshAuthority, makeMeshAuthority } from '../support/certificates/mesh-authority.ts';
import {
  account,
  makeCaller,
  makeEndpoint,
  makeEndpoints,
  makePort,
  makeReachable,
  makeRule,
  makeServed,
  makeServer,
  makeService,
} from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';

const clusterIp = '10.96.0.30';
const [buyer, store] = [account('bookbuyer'), account('bookstore')];
const settings = makeSettings({ permissive: false });
const bookstore = makeService('bookstore', {
  addresses: [clusterIp],
  ports: [makePort(7000, 'tcp')],
});
const served = [makeServed(7000, { protocol: 'tcp' })];
const views = {
  bookbuyer: makeCaller(buyer, [makeReachable(bookstore)], settings),
  bookstore: makeServer({ account: store, served, rules: [makeRule('bookbuyer')], settings }),
} as const;

type Name = keyof typeof views;

/** A root with the trust domain that it signs for. */
interface Root {
  readonly authority: MeshAuthority;
  readonly trust: DomainRoots;
}

interface Holding {
  readonly trusted: readonly Root[];
  /** The trust domain on the certificate; its root's unless said. */
  readonly named?: string;
}

jest.setTimeout(60_000);

describe('a mesh that moves to another trust domain', () => {
  const mesh = meshOfTests();
  let old: Root;
  let next: Root;
  const pods = {} as Record<Name, TestPod>;

  /** A leaf in that authority's domain, or in `named`; `trusted` are what its holder trusts. */
  async function secrets(
    name: Name,
    { authority, trust }: Root,
    { trusted, named = trust.trustDomain }: Holding,
  ): Promise<readonly Resource[]> {
    const { chain, key } = await authority.leaf(account(name), named);
    const domains = trusted.map((one) => one.trust);
    return [workloadResource(chain, new Secret(key)), trustResource(domains)].map(encode);
  }

  /** Both proxies have these, and have acknowledged them. */
  async function have(by: Root, trusted: readonly Root[]): Promise<void> {
    for (const name of ['bookbuyer', 'bookstore'] as const) {
      await mesh().offer(name, views[name], await secrets(name, by, { trusted }));
      await until(() => mesh().ads.unanswered(name) === 0);
    }
  }

  /** Two words on one connection, the second once `inBetween` is done; what comes back. */
  async function talk(inBetween: () => Promise<void>): Promise<string> {
    const go = `/tmp/weft-go-${String(process.pid)}`;
    const script = `exec 3<>/dev/tcp/${clusterIp}/7000; echo one >&3; head -n1 <&3
      until [ -e ${go} ]; do sleep 0.1; done; rm ${go}; echo two >&3; head -n1 <&3`;
    const output = pods.bookbuyer.exec(['bash', '-c', script]);
    await inBetween();
    await pods.bookbuyer.exec(['touch', go]);
    return output;
  }

  /** What comes back on a new connection, "" when it is closed without a word. */
  const ask = async (): Promise<string> => {
    const script = `exec 3<>/dev/tcp/${clusterIp}/7000; echo hi >&3; timeout 3 head -n1 <&3 || true`;
    return (await pods.bookbuyer.exec(['bash', '-c', script])).trim();
  };
  const answer = 'bookstore got hi';

  /** What Envoy has counted of changed listeners and clusters, in both proxies. */
  async function changes(): Promise<string> {
    const filter =
      '/stats?filter=listener_manager.listener_(modified|in_place)|cluster_manager.cluster_(modified|updated$)';
    return (await Promise.all(Object.values(pods).map((pod) => pod.admin(filter)))).join('\n');
  }

  beforeAll(async () => {
    const [first, second] = [mesh().authority, await makeMeshAuthority()];
    old = { authority: first, trust: { trustDomain: 'cluster.local', roots: first.root } };
    next = { authority: second, trust: { trustDomain: 'b.example', roots: second.root } };
    for (const name of ['bookbuyer', 'bookstore'] as const) pods[name] = await mesh().pod(name);
    mesh().endpoints = makeEndpoints({
      'bookstore/bookstore|7000': [makeEndpoint(pods.bookstore.address, 7000)],
    });
    await have(old, [old]);
    await pods.bookstore.serve('talker', 7000);
    await Promise.all(Object.values(pods).map((pod) => pod.ready()));
  });

  it('keeps every connection, and no listener or cluster is another', async () => {
    const before = await changes();
    expect(before).toContain('cluster_manager.cluster_modified');
    expect(before).toContain('listener_manager.listener_modified');
    const output = await talk(async () => {
      await have(old, [old, next]);
      expect(await ask()).toBe(answer);
      await have(next, [old, next]);
      expect(await ask()).toBe(answer);
      await have(next, [next]);
      expect(await ask()).toBe(answer);
    });
    expect(output.trim().split('\n')).toEqual(['bookstore got one', 'bookstore got two']);
    expect(await changes()).toBe(before);
  });

  it('refuses a peer of the domain that the mesh left', async () => {
    await mesh().offer(
      'bookbuyer',
      views.bookbuyer,
      await secrets('bookbuyer', old, { trusted: [old, next] }),
    );
    await until(() => ask(), { holds: (answer) => answer === '' });
  });

  it("refuses a peer that names one domain and has a certificate of the other domain's root, while both are trusted", async () => {
    await have(next, [old, next]);
    await until(() => ask(), { holds: (answer) => answer === answer });
    const mixed = await secrets('bookbuyer', old, { trusted: [old, next], named: 'b.example' });
    await mesh().offer('bookbuyer', views.bookbuyer, mixed);
    await until(() => ask(), { holds: (answer) => answer === '' });
    const errors = await pods.bookstore.admin('/stats?filter=ssl.fail_verify_error');
    expect(errors).not.toMatch(/15003.*: 0$/m);
  });
});

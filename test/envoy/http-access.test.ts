import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AccessRule } from '../../src/policy/access.ts';
import { serviceKey } from '../../src/policy/service.ts';
import type { ProxyView } from '../../src/policy/view.ts';
import { trustSecret } from '../../src/xds/resources/secret-source.ts';
import { makeMeshAuthority } from '../support/certificates/mesh-authority.ts';
import {
  account,
  makeCaller,
  makeEndpoint,
  makeEndpoints,
  makeMatch,
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

const clusterIp = '10.96.0.10';
const buyer = account('bookbuyer');
const thief = account('bookthief');
const bookstore = makeService('bookstore', {
  addresses: [clusterIp],
  ports: [makePort(80), makePort(90)],
});

const client = (name: string): ProxyView => makeCaller(account(name), [makeReachable(bookstore)]);

function server(rules: 'any' | readonly AccessRule[]): ProxyView {
  const settings = makeSettings({ permissive: rules === 'any' });
  return makeServer({ served: [makeServed(8080), makeServed(9090)], rules, settings });
}

jest.setTimeout(60_000);

describe('HTTP to a server with a sidecar', () => {
  const mesh = meshOfTests();
  const pods: Record<string, TestPod> = {};
  let stranger: TestPod;
  const get = async (from: string, path: string, ...options: string[]): Promise<number> =>
    (await pods[from]!.get(`http://${clusterIp}${path}`, ...options)).status;

  /** Offers rules to the server and waits until a request shows that they are in force. */
  async function enforce(rules: 'any' | readonly AccessRule[]): Promise<void> {
    const marker = makeRule('marker', {
      http: [makeMatch({ pathRegex: `/in-force/${String(++generation)}` })],
    });
    const all = rules === 'any' ? rules : [...rules, marker];
    await mesh().offer('bookstore', server(all));
    if (rules === 'any') return;
    await until(() => get('bookbuyer', `/in-force/${String(generation)}`), {
      holds: (answer) => answer === 200,
    });
  }
  let generation = 0;

  beforeAll(async () => {
    for (const name of ['bookbuyer', 'bookthief', 'bookstore', 'foreigner', 'outlander'])
      pods[name] = await mesh().pod(name);
    stranger = await mesh().pod('stranger', { sidecar: false });
    const store = pods['bookstore']!;
    mesh().endpoints = makeEndpoints({
      'bookstore/bookstore|80': [makeEndpoint(store.address, 8080)],
      'bookstore/bookstore|90': [makeEndpoint(store.address, 9090)],
    });
    const other = await (await makeMeshAuthority()).secrets(buyer);
    const trust = (await mesh().authority.secrets(buyer)).filter(
      ({ name }) => name === trustSecret,
    );
    const foreign = [...other.filter(({ name }) => name !== trustSecret), ...trust];
    await mesh().offer('bookbuyer', client('bookbuyer'));
    await mesh().offer('bookthief', client('bookthief'));
    await mesh().offer('foreigner', client('bookbuyer'), foreign);
    const outlander = await mesh().authority.secrets(buyer, 'other.domain');
    await mesh().offer('outlander', client('bookbuyer'), outlander);
    await mesh().offer('bookstore', server('any'));
    await Promise.all([store.serve('http', 8080), store.serve('http', 9090)]);
    await Promise.all(Object.values(pods).map((pod) => pod.ready()));
  });

  it('reaches it by address in permissive mode, and changes nothing an application would notice', async () => {
    await enforce('any');
    const reply = await pods['bookbuyer']!.get(
      `http://${clusterIp}//a%2Fb/../c?q=1`,
      '--path-as-is',
      ...['-H', 'x-forwarded-client-cert: URI=spiffe://cluster.local/ns/root/sa/root'],
      ...['-H', 'x_forwarded_client_cert: URI=spiffe://cluster.local/ns/root/sa/root'],
      ...['-H', 'X-Forwarded_Client-Cert: URI=spiffe://cluster.local/ns/root/sa/root'],
      ...['-H', 'x-forwarded-for: 1.2.3.4'],
    );
    expect(reply.status).toBe(200);
    expect(reply.headers['server']).toBe('the-app');
    expect(reply.seen.url).toBe('//a%2Fb/../c?q=1');
    expect(reply.seen.headers?.['x-forwarded-for']).toBe('1.2.3.4');
    expect(reply.seen.headers?.['x-forwarded-client-cert']).toMatch(
      /;URI=spiffe:\/\/cluster.local\/ns\/bookbuyer\/sa\/bookbuyer$/,
    );
    expect(Object.keys(reply.seen.headers ?? {}).filter((name) => name.includes('_'))).toEqual([]);
  });

  it('refuses plaintext, a foreign root and another trust domain, also in permissive mode', async () => {
    await enforce('any');
    const plain = await stranger.get(`http://${pods['bookstore']!.address}:8080/`);
    expect(plain).toMatchObject({ status: 0, exitCode: 56 });
    expect(await get('foreigner', '/')).toBe(503);
    expect(await get('outlander', '/')).toBe(503);
    expect(await get('bookthief', '/')).toBe(200);
    expect(pods['bookstore']!.log()).toContain('"response_flags":"NR"');
  });

  it('answers 200, 403 and 404 as the rules say', async () => {
    await enforce([
      makeRule('buy', { http: [makeMatch({ pathRegex: '/buy', methods: ['GET', 'PUT'] })] }),
      makeRule('sell', {
        sources: [thief],
        http: [makeMatch({ pathRegex: '/sell' }), makeMatch({ pathRegex: '/fence' })],
      }),
    ]);
    expect(await get('bookbuyer', '/buy')).toBe(200);
    expect(await get('bookbuyer', '/buy', '-X', 'PUT')).toBe(200);
    expect(await get('bookbuyer', '/buy', '-X', 'POST')).toBe(404);
    expect(await get('bookbuyer', '/sell')).toBe(403);
    expect(await get('bookthief', '/buy')).toBe(403);
    expect(await get('bookthief', '/sell')).toBe(200);
    expect(await get('bookthief', '/fence')).toBe(200);
    expect(await get('bookbuyer', '/elsewhere')).toBe(404);
    expect(await get('bookthief', '/elsewhere')).toBe(404);
  });

  it('anchors a path at its start only, and refuses one that resolves to another', async () => {
    await enforce([makeRule('books', { http: [makeMatch({ pathRegex: '/books|/b' })] })]);
    expect(await get('bookbuyer', '/books/1?x=/y')).toBe(200);
    expect(await get('bookbuyer', '/x/books')).toBe(404);
    expect(await get('bookbuyer', '/books/../admin', '--path-as-is')).toBe(403);
    expect(await get('bookbuyer', '/books/..%2Fadmin', '--path-as-is')).toBe(403);
    expect(await get('bookbuyer', '//books', '--path-as-is')).toBe(404);
  });

  it('wants every header of a match, and takes host for the authority', async () => {
    const headers = [
      { name: 'Host', valueRegex: 'bookstore\\..*' },
      { name: 'X-Kind', valueRegex: 'a|b' },
    ];
    await enforce([makeRule('headers', { http: [makeMatch({ headers })] })]);
    const host = ['-H', 'host: bookstore.bookstore'];
    expect(await get('bookbuyer', '/', ...host, '-H', 'x-kind: b')).toBe(200);
    expect(await get('bookbuyer', '/', ...host, '-H', 'x-kind: bc')).toBe(404);
    expect(await get('bookbuyer', '/', ...host)).toBe(404);
    expect(await get('bookbuyer', '/', '-H', 'x-kind: b')).toBe(404);
  });

  it('allows by the union of overlapping rules, whatever their order', async () => {
    const api = makeRule('a', { sources: [thief], http: [makeMatch({ pathRegex: '/api' })] });
    const all = makeRule('b', { http: [makeMatch({ pathRegex: '.*' })] });
    for (const rules of [
      [api, all],
      [all, api],
    ]) {
      await enforce(rules);
      expect(await get('bookbuyer', '/api/1')).toBe(200);
      expect(await get('bookthief', '/api/1')).toBe(200);
      expect(await get('bookthief', '/other')).toBe(403);
    }
  });

  it('never mixes the port of one rule with the routes of another', async () => {
    await enforce([
      makeRule('one', { ports: [8080], http: [makeMatch({ pathRegex: '/a' })] }),
      makeRule('two', { ports: [9090], http: [makeMatch({ pathRegex: '/b' })] }),
    ]);
    const on90 = (path: string): Promise<number> => get('bookbuyer', `:90${path}`);
    expect(await get('bookbuyer', '/a')).toBe(200);
    expect(await get('bookbuyer', '/b')).toBe(404);
    expect(await on90('/b')).toBe(200);
    expect(await on90('/a')).toBe(404);
  });

  it('edits rules without touching a connection, and closes when none is left', async () => {
    await enforce([makeRule('all')]);
    const drained = async (): Promise<string> =>
      (await pods['bookstore']!.admin('/stats?filter=listener_manager.listener_modified')).trim();
    const before = await drained();
    await enforce([makeRule('some', { http: [makeMatch({ pathRegex: '/x' })] })]);
    expect(await get('bookbuyer', '/y')).toBe(404);
    expect(await drained()).toBe(before);
    await mesh().offer('bookstore', server([]));
    await until(() => get('bookbuyer', '/x'), { holds: (answer) => answer === 503 });
    expect(await get('bookbuyer', '/in-force/1')).toBe(503);
  });

  it('shows a caller only what it may reach', async () => {
    const others = await pods['bookbuyer']!.get('http://10.96.0.99/');
    expect(others).toMatchObject({ status: 0 });
    expect([52, 56]).toContain(others.exitCode);
    const nothing = await pods['bookstore']!.get(`http://${clusterIp}/`);
    expect(nothing).toMatchObject({ status: 0, exitCode: 7 });
  });

  it('gives each service a virtual host, its own names and cluster', async () => {
    const settings = makeSettings();
    const services = ['bookstore', 'bookstore-v2'].map((name) => serviceKey('bookstore', name));
    await mesh().offer(
      'bookstore',
      makeServer({ served: [makeServed(8080, { services })], rules: [makeRule('all')], settings }),
    );
    const host = 'host: bookstore-v2.bookstore:80';
    await until(() => get('bookbuyer', '/', '-H', host), { holds: (answer) => answer === 200 });
    const stats = await pods['bookstore']!.admin('/clusters');
    expect(stats).toMatch(/bookstore\/bookstore-v2\|8080\|local::127.0.0.1:8080::rq_success::1/);
  });
});

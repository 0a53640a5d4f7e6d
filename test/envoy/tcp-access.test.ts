import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AccessRule } from '../../src/policy/access.ts';
import type { ProxyView } from '../../src/policy/view.ts';
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

const clusterIp = '10.96.0.20';
const bookstore = makeService('bookstore', {
  addresses: [clusterIp],
  ports: [makePort(7000, 'tcp'), makePort(7001, 'tcp-server-first')],
});

const client = (name: string): ProxyView => makeCaller(account(name), [makeReachable(bookstore)]);

function server(rules: 'any' | readonly AccessRule[]): ProxyView {
  const settings = makeSettings({ permissive: rules === 'any' });
  const served = [
    makeServed(7000, { protocol: 'tcp' }),
    makeServed(7001, { protocol: 'tcp-server-first' }),
  ];
  return makeServer({ served, rules, settings });
}

jest.setTimeout(60_000);

describe('opaque TCP to a server with a sidecar', () => {
  const mesh = meshOfTests();
  const pods: Record<string, TestPod> = {};

  /** What comes back on a connection, "" when it is closed without a word. */
  async function talk(from: string, port: number, words: string): Promise<string> {
    const script = `exec 3<>/dev/tcp/${clusterIp}/${String(port)}; ${words}; timeout 3 cat <&3 || true`;
    return (await pods[from]!.exec(['bash', '-c', script])).trim();
  }
  const ask = (from: string): Promise<string> => talk(from, 7000, 'echo hi >&3');
  const listen = (from: string): Promise<string> => talk(from, 7001, 'true');

  /** How often the sidecar connected to the greeting application. */
  const connections = (): Promise<string> =>
    pods['bookstore']!.admin('/stats?filter=7001\\|local.upstream_cx_total');

  beforeAll(async () => {
    for (const name of ['bookbuyer', 'bookthief', 'bookstore']) pods[name] = await mesh().pod(name);
    const store = pods['bookstore']!;
    mesh().endpoints = makeEndpoints({
      'bookstore/bookstore|7000': [makeEndpoint(store.address, 7000)],
      'bookstore/bookstore|7001': [makeEndpoint(store.address, 7001)],
    });
    await mesh().offer('bookbuyer', client('bookbuyer'));
    await mesh().offer('bookthief', client('bookthief'));
    await mesh().offer('bookstore', server('any'));
    await Promise.all([store.serve('tcp', 7000), store.serve('greeter', 7001)]);
    await Promise.all(Object.values(pods).map((pod) => pod.ready()));
  });

  it('passes in permissive mode, also when the server speaks first', async () => {
    expect(await ask('bookbuyer')).toBe('bookstore got hi');
    expect(await listen('bookbuyer')).toBe('hello from bookstore');
  });

  it('is closed to everyone without a rule', async () => {
    await mesh().offer('bookstore', server([]));
    await until(() => ask('bookbuyer'), { holds: (answer) => answer === '' });
    expect(await listen('bookbuyer')).toBe('');
  });

  it('is not opened by a rule that names HTTP routes', async () => {
    await mesh().offer('bookstore', server([makeRule('http', { http: [makeMatch()] })]));
    expect(await ask('bookbuyer')).toBe('');
    expect(await listen('bookbuyer')).toBe('');
  });

  it('admits the callers that a rule names, on its ports, and sends no byte to others', async () => {
    await mesh().offer('bookstore', server([makeRule('first', { ports: [7001] })]));
    await until(() => listen('bookbuyer'), {
      holds: (answer) => answer === 'hello from bookstore',
    });
    const before = await connections();
    expect(await listen('bookthief')).toBe('');
    expect(await connections()).toBe(before);
    expect(await ask('bookbuyer')).toBe('');
    const thief = makeRule('second', { ports: [7000], sources: [account('bookthief')] });
    await mesh().offer('bookstore', server([makeRule('first', { ports: [7001] }), thief]));
    await until(() => ask('bookthief'), { holds: (answer) => answer === 'bookstore got hi' });
    expect(await ask('bookbuyer')).toBe('');
    expect(await listen('bookbuyer')).toBe('hello from bookstore');
  });
});

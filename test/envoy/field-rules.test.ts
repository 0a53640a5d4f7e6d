import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AccessRule } from '../../src/policy/access.ts';
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
import { type RawSender, rawSender, requestText, statuses } from '../support/envoy/raw.ts';
import { until } from '../support/time/until.ts';

jest.setTimeout(120_000);

const ip = '10.96.0.62';
const api = makeService('api', { addresses: [ip], ports: [makePort(80), makePort(81)] });

function hostRule(name: string, header: string, valueRegex: string): AccessRule {
  const headers = [{ name: header, valueRegex }];
  return makeRule(name, {
    ports: [8081],
    http: [makeMatch({ pathRegex: `/${name}`, methods: ['GET'], headers })],
  });
}

const rules = [
  makeRule('api', {
    ports: [8080],
    http: [makeMatch({ pathRegex: '/api/.*', methods: ['GET'] })],
  }),
  hostRule('plain', 'host', 'api\\.c14'),
  hostRule('ported', ':authority', 'api\\.c14:81'),
  hostRule('upper', 'Host', 'API\\.c14|b'),
  hostRule('six', 'host', '\\[fd00::1\\]'),
];

describe('rules about paths and hosts, and what clients send', () => {
  const mesh = meshOfTests();
  let caller: TestPod;
  let server: TestPod;
  let paths: RawSender;
  let hosts: RawSender;

  async function offerServer(inForce: 'any' | readonly AccessRule[]): Promise<void> {
    const settings = makeSettings({ permissive: inForce === 'any' });
    const services = [api.key];
    await mesh().offer(
      'api',
      makeServer({
        account: account('api'),
        served: [makeServed(8080, { services }), makeServed(8081, { services })],
        rules: inForce,
        settings,
      }),
    );
  }

  beforeAll(async () => {
    caller = await mesh().pod('caller');
    server = await mesh().pod('api');
    paths = rawSender(caller, ip, 80);
    hosts = rawSender(caller, ip, 81);
    mesh().endpoints = makeEndpoints({
      'api/api|80': [makeEndpoint(server.address, 8080, account('api'))],
      'api/api|81': [makeEndpoint(server.address, 8081, account('api'))],
    });
    await mesh().offer('caller', makeCaller(account('bookbuyer'), [makeReachable(api)]));
    await offerServer('any');
    await Promise.all([server.serve('http', 8080), server.serve('http', 8081)]);
    await Promise.all([caller, server].map((pod) => pod.ready()));
  });

  const ask = (path: string): Promise<string> =>
    paths(requestText(`GET ${path}`, 'Host: git.c15:80', 'Connection: close'));
  const seen = (answer: string): string | undefined => /"url":"([^"]*)"/.exec(answer)?.[1];

  it('case 15: passes every path unchanged where no rule restricts paths', async () => {
    for (const path of ['/api/v4/projects/group%2Fproject', '/api/v4//files/a%252Fb', '/a/../b;c'])
      expect(seen(await ask(path))).toBe(path);
  });

  it('case 15: refuses the walks round a rule, and passes what remains as it is', async () => {
    const chains = async (): Promise<unknown> => {
      const dump = await server.admin('/config_dump?resource=dynamic_listeners&mask=active_state');
      return JSON.parse(dump) as unknown;
    };
    await offerServer([makeRule('api', { ports: [8080] }), ...rules.slice(1)]);
    await until(async () => JSON.stringify(await chains()).includes('|bookbuyer/bookbuyer'));
    const before = await chains();
    await offerServer(rules);
    await until(async () => statuses(await ask('/admin'))[0] === 404);
    for (const path of ['/api/../admin', '/api/..%2fadmin', '//admin', '/api//admin']) {
      const answer = await ask(path);
      expect(seen(answer)).toBeUndefined();
      expect([403, 404]).toContain(statuses(answer)[0]);
    }
    const path = '/api/v4/projects/group%2Fproject';
    expect(seen(await ask(path))).toBe(path);
    // The rules came by the route table alone: no connection of the listener was drained.
    expect(await chains()).toEqual(before);
  });

  it.each([
    ['plain', 'api.c14:81', 200],
    ['plain', 'api.c14', 200],
    ['plain', 'api.c14.:81', 200],
    ['plain', 'API.C14', 200],
    ['plain', 'evil.example.com', 404],
    ['plain', 'api.c14.evil.example.com', 404],
    ['plain', 'api.c14:81.evil.example.com', 404],
    ['plain', 'evil.example.com:81', 404],
    ['ported', 'api.c14:81', 200],
    ['ported', 'api.c14', 404],
    ['ported', 'api.c14:82', 404],
    ['upper', 'api.c14:81', 200],
    ['upper', 'b:1', 200],
    ['upper', 'a', 404],
    ['six', '[fd00::1]:81', 200],
    ['six', '[fd00::1]', 200],
    ['six', '[fd00::2]:81', 404],
  ])('case 14: the filter of /%s on the host "%s": %d', async (path, host, status) => {
    const answer = await hosts(requestText(`GET /${path}`, `Host: ${host}`, 'Connection: close'));
    if (status === 200) expect(statuses(answer)).toEqual([200]);
    else expect([400, 403, 404]).toContain(statuses(answer)[0]);
  });
});

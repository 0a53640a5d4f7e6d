import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ServicePort } from '../../src/api/core.ts';
import { httpProbePath } from '../../src/envoy/names.ts';
import { ports } from '../../src/envoy/ports.ts';
import type { AccessRule } from '../../src/policy/access.ts';
import type { MeshService } from '../../src/policy/service.ts';
import { protocolOf } from '../../src/mesh/protocol.ts';
import {
  account,
  makeCaller,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeOutbound,
  makePort,
  makeProbe,
  makeReachable,
  makeRule,
  makeServed,
  makeService,
} from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';

jest.setTimeout(120_000);

/** Each way to say, or not to say, that a port is TLS of the application. */
const declared: Readonly<Record<string, ServicePort>> = {
  named: { port: 8443, name: 'https-web' },
  short: { port: 8444, name: 'tls' },
  declared: { port: 8443, name: 'web', appProtocol: 'https' },
  opaque: { port: 8443, name: 'web', appProtocol: 'tcp' },
  bare: { port: 443 },
};
const names = Object.keys(declared);
const addressOf = (name: string): string => `10.96.7.${String(1 + names.indexOf(name))}`;

const services: readonly MeshService[] = names.map((name) => {
  const { port, ...options } = declared[name]!;
  return makeService(name, {
    namespace: 'c32',
    addresses: [addressOf(name)],
    ports: [makePort(port, protocolOf({ port, ...options }))],
    accounts: [account('web', 'c32')],
  });
});

const allowed = makeRule('tls', { ports: [8443], destination: account('web', 'c32') });

describe('an application that ends TLS itself', () => {
  const mesh = meshOfTests();
  let caller: TestPod;
  let web: TestPod;
  let kubelet: TestPod;

  async function offer(rules: 'any' | readonly AccessRule[]): Promise<void> {
    const settings = makeSettings({ permissive: rules === 'any' });
    const protocols = [...new Set(services.map((service) => service.ports[0]!.protocol))];
    await mesh().offer('web', {
      inbound: makeInbound({
        account: account('web', 'c32'),
        served: protocols.map((protocol) =>
          makeServed(8443, {
            protocol,
            services: services
              .filter((service) => service.ports[0]!.protocol === protocol)
              .map(({ key }) => key),
          }),
        ),
        rules,
        probes: [makeProbe({ kind: 'https', port: 8443, path: '/ready' })],
        settings,
      }),
      outbound: makeOutbound({ account: account('web', 'c32'), settings }),
    });
  }

  beforeAll(async () => {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-subj', '/CN=own-certificate.example.com', '-days', '2'],
        ...['-keyout', `${mesh().directory}/app.key`, '-out', `${mesh().directory}/app.crt`],
      ],
      { stdio: 'ignore' },
    );
    execFileSync('chmod', ['644', `${mesh().directory}/app.key`]);
    caller = await mesh().pod('caller');
    web = await mesh().pod('web');
    kubelet = await mesh().pod('kubelet', { sidecar: false });
    const endpoint = makeEndpoint(web.address, 8443, account('web', 'c32'));
    mesh().endpoints = makeEndpoints(
      Object.fromEntries(
        services.map(({ key, ports: [port] }) => [`${key}|${String(port!.port)}`, [endpoint]]),
      ),
    );
    await mesh().offer(
      'caller',
      makeCaller(
        account('bookbuyer'),
        services.map((service) => makeReachable(service)),
      ),
    );
    await offer('any');
    await web.serve('https', 8443);
    await Promise.all([caller, web].map((pod) => pod.ready()));
  });

  async function call(name: string): Promise<{ status: number; certificate: string }> {
    const output = await caller
      .exec([
        ...['curl', '-sk', '-o', '/dev/null', '--max-time', '5', '-w', '%{http_code} %{certs}'],
        `https://${addressOf(name)}:${String(declared[name]!.port)}/tls`,
      ])
      .catch((error: unknown) => String(error));
    return {
      status: Number(/(\d{3}) Subject/.exec(output)?.[1] ?? 0),
      certificate: /Subject:\s*CN\s*=\s*(\S+)/.exec(output)?.[1] ?? '',
    };
  }
  const answered = { status: 200, certificate: 'own-certificate.example.com' };

  it.each(names)('case 32: the port of "%s" is carried as it is', async (name) => {
    expect(await call(name)).toEqual(answered);
  });

  it('case 32: an HTTPS probe is answered', async () => {
    const path = httpProbePath('readiness', 'app');
    const probe = await kubelet.get(`http://${web.address}:${String(ports.readiness)}${path}`);
    expect([probe.status, probe.seen.url]).toEqual([200, '/ready']);
  });

  it('case 32: a rule for TCP opens it, and without the rule it is closed', async () => {
    await offer([]);
    for (const name of names) await until(async () => (await call(name)).status === 0);
    await offer([allowed]);
    for (const name of names) await until(async () => (await call(name)).status === 200);
    await offer([]);
    for (const name of names) await until(async () => (await call(name)).status === 0);
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  account,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeOutbound,
  makePort,
  makeReachable,
  makeServed,
  makeService,
  makeSettings,
} from '../support/builders/make-view.ts';
import { failuresOf } from '../support/envoy/asked.ts';
import { type TestMesh, type TestPod, startMesh } from '../support/envoy/pod.ts';

jest.setTimeout(60_000);

const ip = '10.96.0.63';
const web = makeService('web', { addresses: [ip], ports: [makePort(80)] });
const settings = makeSettings({ permissive: true });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a Service that selects other pods from now on', () => {
  let mesh: TestMesh;
  const pods: Record<string, TestPod> = {};
  const program = join(import.meta.dirname, '../support/envoy/streams.mjs');

  const serve = (name: string, services: readonly (typeof web)['key'][]): Promise<void> =>
    mesh.offer(name, {
      inbound: makeInbound({
        account: account('web'),
        served: services.length > 0 ? [makeServed(8080, { services })] : [],
        rules: 'any',
        settings,
      }),
      outbound: makeOutbound({ account: account('web'), settings }),
    });

  const lead = async (...names: readonly string[]): Promise<void> => {
    mesh.endpoints = makeEndpoints({
      'web/web|80': names.map((name) => makeEndpoint(pods[name]!.address, 8080, account('web'))),
    });
    await mesh.offer('caller', {
      inbound: makeInbound({ account: account('bookbuyer'), settings }),
      outbound: makeOutbound({ services: [makeReachable(web)], settings }),
    });
  };

  beforeAll(async () => {
    mesh = await startMesh();
    for (const name of ['caller', 'blue', 'green']) pods[name] = await mesh.pod(name);
    await serve('blue', [web.key]);
    await serve('green', [web.key]);
    await lead('blue', 'green');
    await Promise.all(Object.values(pods).map((pod) => pod.ready()));
  });

  afterAll(async () => {
    expect(mesh.ads.nacks).toEqual([]);
    await mesh.stop();
  });

  it('loses no request to pods that it selects no more, though callers hear of it later', async () => {
    const running = ['blue', 'green'].map((name) =>
      pods[name]!.exec([process.execPath, program, 'serve', '15']),
    );
    await pause(1_000);
    const file = join(mesh.directory, 'stop');
    const asking = pods['caller']!.exec([process.execPath, program, 'ask', ip, file, '20']);
    await pause(1_000);
    await serve('blue', []);
    await pause(2_000);
    await lead('green');
    await pause(1_000);
    await writeFile(file, '');
    expect(failuresOf(await asking)).toEqual([]);
    await Promise.all(running);
  });
});

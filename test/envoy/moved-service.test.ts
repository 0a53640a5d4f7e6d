import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  account,
  makeCaller,
  makeEndpoint,
  makeEndpoints,
  makePort,
  makeReachable,
  makeServed,
  makeServer,
  makeService,
} from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { StreamPrograms } from '../support/envoy/stream-programs.ts';
import { type TestMesh, type TestPod, startMesh } from '../support/envoy/pod.ts';
import { letPass } from '../support/time/let-pass.ts';

jest.setTimeout(60_000);

const ip = '10.96.0.63';
const web = makeService('web', { addresses: [ip], ports: [makePort(80)] });
const settings = makeSettings({ permissive: true });

describe('a Service that selects other pods from now on', () => {
  let mesh: TestMesh;
  const pods: Record<string, TestPod> = {};
  let programs: StreamPrograms;

  const serve = (name: string, services: readonly (typeof web)['key'][]): Promise<void> =>
    mesh.offer(
      name,
      makeServer({
        account: account('web'),
        served: services.length > 0 ? [makeServed(8080, { services })] : [],
        rules: 'any',
        settings,
      }),
    );

  const lead = async (...names: readonly string[]): Promise<void> => {
    mesh.endpoints = makeEndpoints({
      'web/web|80': names.map((name) => makeEndpoint(pods[name]!.address, 8080, account('web'))),
    });
    await mesh.offer('caller', makeCaller(account('bookbuyer'), [makeReachable(web)], settings));
  };

  beforeAll(async () => {
    mesh = await startMesh();
    programs = new StreamPrograms(mesh.directory, ip);
    for (const name of ['caller', 'blue', 'green']) pods[name] = await mesh.pod(name);
    await serve('blue', [web.key]);
    await serve('green', [web.key]);
    await lead('blue', 'green');
    await Promise.all(Object.values(pods).map((pod) => pod.ready()));
  });

  afterAll(async () => {
    expect(mesh.ads.nacks).toEqual([]);
    await programs.stop();
    await mesh.stop();
  });

  it('loses no request to pods that it selects no more, though callers hear of it later', async () => {
    for (const name of ['blue', 'green']) await programs.serve(pods[name]!);
    const calls = programs.calls(pods['caller']!, 'ask');
    await letPass(1_000, 'calls before the change');
    await serve('blue', []);
    await letPass(2_000, 'calls while the caller does not know');
    await lead('green');
    await letPass(1_000, 'calls after the change');
    expect(await calls.letGo()).toEqual([]);
  });
});

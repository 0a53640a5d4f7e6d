import type { AccessRule } from '../../../src/policy/access.ts';
import type { MeshSettings } from '../../../src/policy/mesh-settings.ts';
import type { Protocol } from '../../../src/policy/service.ts';
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
} from '../builders/make-view.ts';
import { until } from '../time/until.ts';
import type { AppKind, TestMesh, TestPod } from './pod.ts';

/** An application of the pod `web` and the port of its Service. */
export interface WebApp {
  readonly port: number;
  readonly targetPort: number;
  readonly kind: AppKind;
  /** Default: http. */
  readonly protocol?: Protocol;
}

export interface WebPlan {
  /** Of the Service web/web. */
  readonly ip: string;
  readonly apps: readonly WebApp[];
  readonly rules: 'any' | readonly AccessRule[];
  readonly settings: MeshSettings;
}

/** A pod `web` with these applications, and a pod `caller` of bookbuyer that its first one has answered. */
export async function callerAndWeb(
  mesh: TestMesh,
  { ip, apps, rules, settings }: WebPlan,
): Promise<TestPod> {
  const [caller, web] = [await mesh.pod('caller'), await mesh.pod('web')];
  const ports = apps.map(({ port, protocol }) => makePort(port, protocol));
  const service = makeService('web', { addresses: [ip], ports });
  const services = [service.key];
  const served = apps.map(({ targetPort, protocol = 'http' }) =>
    makeServed(targetPort, { services, protocol }),
  );
  mesh.endpoints = makeEndpoints(
    Object.fromEntries(
      apps.map(({ port, targetPort }) => [
        `web/web|${port}`,
        [makeEndpoint(web.address, targetPort, account('web'))],
      ]),
    ),
  );
  await mesh.offer('caller', makeCaller(account('bookbuyer'), [makeReachable(service)], settings));
  await mesh.offer('web', makeServer({ account: account('web'), served, rules, settings }));
  for (const { kind, targetPort } of apps) await web.serve(kind, targetPort);
  await Promise.all([caller, web].map((pod) => pod.ready()));
  await until(() => caller.get(`http://${ip}:${apps[0]?.port ?? 80}/`), {
    holds: ({ status }) => status === 200,
  });
  return caller;
}

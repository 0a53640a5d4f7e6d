import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { EndpointSlice } from '../../src/api/core.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
} from '../support/builders/make-object.ts';
import { makeTcpRoute, makeTrafficTarget } from '../support/builders/make-policy.ts';
import { type LiveMesh, liveMesh } from '../support/envoy/live-mesh.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';
import { letPass } from '../support/time/let-pass.ts';

jest.setTimeout(60_000);

/** A connection that a pod holds. */
interface Held {
  /** Once it was answered. */
  isHeld(): Promise<unknown>;
  /** Lets it talk again, and gives both answers. */
  letGo(): Promise<string>;
}

const ip = '10.96.0.66';

type Conditions = NonNullable<EndpointSlice['endpoints']>[number]['conditions'] & object;

describe('a pod behind a headless service that is not ready for a while', () => {
  const mesh = meshOfTests();
  let live: LiveMesh;
  let caller: TestPod;
  let db: TestPod;
  let holds = 0;

  /** db-0 is as told; undefined: the EndpointSlice has it no more. */
  async function db0(conditions: Conditions | undefined): Promise<void> {
    const ports = [{ name: 'tcp-db', port: 7000, protocol: 'TCP' as const }];
    const slices = ['db', 'any'].map((service) =>
      makeEndpointSlice({
        ...{ service, ports, pods: conditions === undefined ? {} : { 'db-0': db.address } },
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
    await live.apply(
      [
        makeNamespace(),
        makePod({ name: 'caller', account: 'caller', ip: caller.address }),
        makePod({ name: 'db-0', account: 'db', ip: db.address }),
        makeService({ name: 'db', clusterIP: 'None', ports }),
        makeService({ name: 'any', app: 'db', clusterIP: ip, ports }),
        ...slices,
        makeTcpRoute({ name: 'any' }),
        makeTrafficTarget({
          ...{ to: 'db', from: ['shop/caller'], rules: [{ kind: 'TCPRoute', name: 'any' }] },
        }),
      ],
      { permissive: false, egress: false },
    );
    await until(() => mesh().ads.unanswered('caller') === 0);
  }

  beforeAll(async () => {
    live = liveMesh(mesh());
    caller = await mesh().pod('caller');
    db = await mesh().pod('db-0');
    await db.serve('talker', 7000);
    await db0({ ready: true });
    await Promise.all([caller, db].map((pod) => pod.ready()));
  });

  /** Talks to the pod, by its own address by default, holds the connection, and talks again when let go. */
  function hold(at = db.address): Held {
    const file = join(mesh().directory, `go-${String((holds += 1))}`);
    const talk = 'echo hi >&3; read -t 3 said <&3 && echo "$said" || echo silence';
    const wait = `until [ -e ${file} ]; do sleep 0.1; done`;
    const script = `exec 3<>/dev/tcp/${at}/7000; ${talk}; ${wait}; ${talk}`;
    const lines: string[] = [];
    const onLine = (line: string): unknown => lines.push(line);
    const output = caller.exec(['bash', '-c', script], { onLine });
    return {
      isHeld: () => until(() => lines.length > 0),
      async letGo() {
        await writeFile(file, '');
        return (await output).trim().replaceAll('\n', ', ');
      },
    };
  }

  const drained = (): Promise<void> => letPass(4_000, 'longer than a drain takes here');
  const twice = 'db-0 got hi, db-0 got hi';

  it.each([
    ['fails its readiness probe', { ready: false, serving: false, terminating: false }],
    ['ends', { ready: false, serving: true, terminating: true }],
    ['ends and answers no more', { ready: false, serving: false, terminating: true }],
  ])('keeps its connections while it %s, and takes those that dial it', async (_, conditions) => {
    await db0({ ready: true });
    const held = [hold(), hold(ip)];
    for (const one of held) await one.isHeld();
    await db0(conditions);
    await drained();
    for (const one of held) expect(await one.letGo()).toBe(twice);
    expect(await hold().letGo()).toBe(twice);
  });

  it('loses them when it is gone', async () => {
    await db0({ ready: true });
    const held = hold();
    await held.isHeld();
    await db0(undefined);
    await drained();
    expect(await held.letGo()).toBe('db-0 got hi, silence');
  });
});

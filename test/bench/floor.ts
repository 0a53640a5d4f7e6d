import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { makeAuthority } from '../support/certificates/server-authority.ts';
import type { FromFloor, ToFloor } from './floor-server.ts';
import { Load, type Seen } from './load.ts';

/** One push of the floor: when it began, and what the proxies saw. */
export interface FloorPush {
  readonly started: number;
  readonly seen: Seen;
}

export interface FloorPlan {
  readonly proxies: number;
  readonly workers: number;
  readonly pushes: number;
  /** The very bytes that the control plane pushed, and the mark in them. */
  readonly bytes: Buffer;
  readonly mark: string;
}

/** Pushes the same bytes from a bare grpc-js server to as many proxies. */
export async function measureFloor(plan: FloorPlan): Promise<readonly FloorPush[]> {
  const serverName = 'floor.test';
  const authority = await makeAuthority('floor');
  const { chain: certificate, key } = await authority.issue(serverName);
  const server = fork(new URL('floor-server.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const { port } = await ask(server, 'listening', {
    kind: 'listen',
    certificate,
    key: key.reveal(),
  });
  const tokens = Array.from({ length: plan.proxies }, () => 'none');
  const { load } = await Load.connect({ port, serverName, ca: authority.ca }, tokens, plan.workers);
  const pushes: FloorPush[] = [];
  for (let turn = 0; turn < plan.pushes; turn += 1) {
    let started = 0;
    const seen = await load.see(plan.mark, async () => {
      const pushed = await ask(server, 'pushed', {
        kind: 'push',
        bytes: plan.bytes.toString('base64'),
      });
      started = pushed.started;
    });
    pushes.push({ started, seen });
  }
  await load.stop();
  const gone = once(server, 'exit');
  server.send({ kind: 'stop' } satisfies ToFloor);
  await gone;
  return pushes;
}

function ask<K extends FromFloor['kind']>(
  server: ChildProcess,
  kind: K,
  message: ToFloor,
): Promise<Extract<FromFloor, { kind: K }>> {
  return new Promise((resolve) => {
    const onMessage = (answer: FromFloor): void => {
      if (answer.kind !== kind) return;
      server.off('message', onMessage);
      resolve(answer as Extract<FromFloor, { kind: K }>);
    };
    server.on('message', onMessage);
    server.send(message);
  });
}

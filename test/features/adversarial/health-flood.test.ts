import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { freePort } from '../../../tools/base/probe.ts';
import type { Flood } from '../../support/attacks/webhook-flood-process.ts';
import { letPass } from '../../support/time/let-pass.ts';

jest.setTimeout(60_000);

/** Asks as the kubelet does, on a connection of its own; rejects when it waits for more than three seconds. */
function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/livez', agent: false, timeout: 3_000 };
    const sent = get(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer in three seconds')));
    sent.once('error', reject);
  });
}

function start(file: string, argument: string): ChildProcess {
  return fork(join(import.meta.dirname, file), [argument], { execArgv: [] });
}

/** How many of forty probes are answered in a flood that comes back whenever it is cut. */
async function answered(flood: Omit<Flood, 'port' | 'caFile' | 'body' | 'tls'>): Promise<number> {
  const port = await freePort();
  const server = start('../../support/attacks/health-process.ts', String(port));
  await once(server, 'message');
  const options = { ...flood, port, caFile: '/dev/null', body: 'none', tls: false } satisfies Flood;
  const attacker = start('../../support/attacks/webhook-flood-process.ts', JSON.stringify(options));
  let count = 0;
  try {
    await letPass(1_000, 'the flood rises');
    for (let turn = 0; turn < 40; turn += 1) {
      const status = await probe(port).catch(() => undefined);
      if (status === 200) count += 1;
      await letPass(50, 'the pace of the probes');
    }
  } finally {
    attacker.disconnect();
    server.disconnect();
  }
  return count;
}

/** Addresses of 700 hosts, none of which is the kubelet's. */
const many = Array.from({ length: 700 }, (_, host) => 0x100 + host);

describe('H4: the kubelet gets its answer', () => {
  it.each([
    ['a silent connection from each of 700 addresses', { count: 700, hosts: many, head: '' }],
    ['half a question from each of 700 addresses', { count: 700, hosts: many, head: 'GET /l' }],
    ['2,000 connections from its own address', { count: 2_000, hosts: [1], head: '' }],
  ])('while others hold %s', async (_, flood) => {
    expect(await answered(flood)).toBe(40);
  });
});

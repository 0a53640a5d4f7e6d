import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import {
  makeAuthority,
  ReplaceableCredentials,
} from '../../../test/support/certificates/server-authority.ts';
import { systemClock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import { silentLogger, type LogFields } from '../../common/logger.ts';
import { Secret } from '../../common/secret.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { requestFromReplica, type RequestOptions } from './request-client.ts';
import type { AnswerReplica } from './request-service.ts';
import { createXdsServer } from '../server/xds-server.ts';

const serverName = 'weft-control-plane.weft-system.svc';
const serverId = 'spiffe://cluster.local/weft/control-plane/weft-system';
const signal = new AbortController().signal;

describe('a replica that is asked by another', () => {
  let channel: RequestOptions;
  let stop: () => Promise<void>;
  let answer: AnswerReplica;
  let asked: string[];
  let refused: LogFields[];

  beforeEach(async () => {
    const authority = await makeAuthority();
    asked = [];
    refused = [];
    answer = (ask) => {
      asked.push(String(ask));
      return Promise.resolve(new Secret(Buffer.from('the answer')));
    };
    const stopping = new AbortController();
    const server = createXdsServer({
      // In these tests a token is the account.
      authenticate: (token) =>
        token.includes('.')
          ? Promise.resolve({
              ...{ pod: 'weft-system/one', uid: '1', expires: Date.now() + 60_000 },
              account: token.replace('.', '/') as IdentityKey,
            })
          : Promise.reject(new WeftError('not-authenticated', 'no such token')),
      credentials: new ReplaceableCredentials(await authority.issue(serverName, serverId)),
      replicas: 'weft-system/weft-control-plane' as IdentityKey,
      answer: (ask, inner) => answer(ask, inner),
      clock: systemClock,
      logger: { ...silentLogger, warn: (_, fields) => refused.push(fields ?? {}) },
    });
    const { port, closed } = await server.listenToReplicas('127.0.0.1:0', stopping.signal);
    channel = {
      ...{ address: `127.0.0.1:${port}`, serverName, logger: silentLogger },
      serverIds: () => ['spiffe://former/weft/control-plane/weft-system', serverId],
      trust: () => authority.ca,
      token: () => Promise.resolve(new Secret('weft-system.weft-control-plane')),
    };
    stop = () => {
      stopping.abort();
      return closed;
    };
  });
  afterEach(() => stop());

  const ask = (change: Partial<RequestOptions> = {}): Promise<Secret<Buffer> | undefined> =>
    requestFromReplica({ ...channel, ...change }, Buffer.from('the ask'), signal);

  it('answers', async () => {
    expect(String((await ask())?.reveal())).toBe('the answer');
    expect(asked).toEqual(['the ask']);
  });

  it.each([
    ['a workload', 'shop.cart'],
    ['another account of its namespace', 'weft-system.weft-operator'],
    ['nobody', 'nonsense'],
  ])('refuses %s, and nothing is looked up for it', async (_, token) => {
    expect(await ask({ token: () => Promise.resolve(new Secret(token)) })).toBeUndefined();
    expect(asked).toEqual([]);
    expect(refused).toEqual([expect.objectContaining({ code: 'not-authenticated' })]);
  });

  it('does not learn the identity of the caller unless its own certificate is of the mesh', async () => {
    const { ca } = await makeAuthority('another root');
    expect(await ask({ trust: () => ca })).toBeUndefined();
    expect(await ask({ serverName: 'cart.shop.svc' })).toBeUndefined();
    expect(await ask({ serverIds: () => [`${serverId}-2`] })).toBeUndefined();
    expect(await ask({ serverIds: () => [] })).toBeUndefined();
    expect([asked, refused]).toEqual([[], []]);
  });

  it('refuses an invalid request', async () => {
    answer = () => Promise.reject(new WeftError('protocol-violation', 'no ask'));
    expect(await ask()).toBeUndefined();
  });

  it('may take long, because the replica confirms the request at once', async () => {
    answer = () =>
      new Promise((resolve) => setTimeout(() => resolve(new Secret(Buffer.from('late'))), 400));
    expect(String((await ask({ ackTimeoutMs: 200 }))?.reveal())).toBe('late');
    expect(await ask({ answerTimeoutMs: 200 })).toBeUndefined();
  });

  it('learns when no caller waits any more', async () => {
    const leaving = new AbortController();
    const left = new Promise<void>((resolve) => {
      answer = (_, inner) => {
        inner.addEventListener('abort', () => resolve());
        leaving.abort(new Error('gone'));
        return new Promise(() => undefined);
      };
    });
    await expect(requestFromReplica(channel, Buffer.from('x'), leaving.signal)).rejects.toThrow(
      'gone',
    );
    await left;
  });

  it('is given up at once when it is away, and soon when it is mute', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const started = performance.now();
    expect(await ask({ address: `127.0.0.1:${port}`, ackTimeoutMs: 300 })).toBeUndefined();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
    expect(await ask({ address: `127.0.0.1:${port}` })).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

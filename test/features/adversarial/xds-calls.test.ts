import { once } from 'node:events';
import { type ClientHttp2Session, type IncomingHttpHeaders, connect } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { adsPath } from '../../../src/xds/server/ads.ts';
import { replica, serverName, set, XdsRig } from '../../support/xds/served-sets.ts';
import { callBytes, packed, preface } from '../../support/attacks/hostile/raw-http2.ts';
import { until } from '../../support/time/until.ts';

const watchPath = '/weft.evidence.v1.Evidence/Watch';
const token = 'shop/cart-1~shop/cart';

describe('a call that no honest client makes', () => {
  let rig: XdsRig;
  const ends: (() => void)[] = [];

  beforeEach(async () => {
    rig = await XdsRig.start();
    rig.server.publish(() => set);
  });

  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await rig.stop();
  });

  function open(address: string): ClientHttp2Session {
    const session = connect(`https://${address}`, { ca: rig.authority.ca, servername: serverName });
    session.on('error', () => undefined);
    ends.push(() => session.destroy());
    return session;
  }

  function call(
    session: ClientHttp2Session,
    path: string,
    { bytes, ...more }: { bytes?: Buffer; [header: string]: unknown },
  ): Promise<IncomingHttpHeaders> {
    const stream = session.request({
      ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
      ...more,
    });
    stream.on('error', () => undefined).resume();
    if (bytes !== undefined) stream.write(bytes);
    return once(stream, 'response').then(([headers]) => headers as IncomingHttpHeaders);
  }

  it.each([
    ['gzip', adsPath, token],
    ['deflate', adsPath, token],
    ['gzip', watchPath, replica],
  ])('is refused when it packs its messages by %s and calls %s', async (encoding, path, bearer) => {
    const session = open(path === adsPath ? rig.address : rig.replicaAddress);
    const authorization = `Bearer ${bearer}`;
    const headers = await call(session, path, {
      ...{ authorization, 'grpc-encoding': encoding },
      bytes: packed,
    });
    expect(headers).toMatchObject({
      'grpc-status': String(status.UNIMPLEMENTED),
      'grpc-accept-encoding': 'identity',
    });
    expect(rig.server.evidence().connected).toBe(0);
    expect(session.destroyed).toBe(false);
  });

  it('is taken when it says that it packs nothing', async () => {
    const session = open(rig.address);
    const more = { authorization: `Bearer ${token}`, 'grpc-encoding': 'identity' };
    void call(session, adsPath, more).catch(() => undefined);
    await until(() => rig.server.evidence().connected === 1);
  });

  it('is served when it sends thousands of empty messages at once, before what it says then', async () => {
    const session = open(rig.address);
    const more = { ':method': 'POST', ':path': adsPath, te: 'trailers' };
    const authorization = `Bearer ${token}`;
    const stream = session.request({ ...more, authorization, 'content-type': 'application/grpc' });
    const url = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
    const request = Buffer.concat([Buffer.from([18, url.length]), Buffer.from(url)]);
    const prefix = Buffer.from([0, 0, 0, 0, request.length]);
    stream.write(Buffer.concat([Buffer.alloc(5 * 9_000), prefix, request]));
    const [bytes] = (await once(stream, 'data')) as [Buffer];
    expect(bytes.toString('latin1')).toContain('shop/cart|80');
  });

  /** The hostile clients of hostile.test.ts use these bytes: bytes that are no call would prove nothing. */
  it('is begun by the bytes that hostile clients write', async () => {
    const [host = '', port = ''] = rig.address.split(':');
    const socket = connectTls({
      ...{ host, port: Number(port), ca: rig.authority.ca, servername: serverName },
      ALPNProtocols: ['h2'],
    });
    ends.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    socket.write(Buffer.concat([preface, callBytes(1, adsPath, token)]));
    await until(() => rig.server.evidence().connected === 1);
  });
});

import { connect as connectPlain } from 'node:net';
import { type PeerCertificate, type TLSSocket, connect } from 'node:tls';
import { Agent, request } from 'node:https';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Authority, type KeyPair, createAuthority } from '../../tools/cluster/authority.ts';
import { silentLogger } from '../common/logger.ts';
import { Secret } from '../common/secret.ts';
import {
  type AdmissionServer,
  type AdmissionServerOptions,
  createAdmissionServer,
} from './server.ts';
import type { CertificateSource } from '../common/served-certificate.ts';

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority('webhook tests');
});

const issue = (commonName: string): Promise<KeyPair> =>
  authority.issue({ commonName, addresses: ['127.0.0.1'] });

/** A source whose certificate the test exchanges. */
function certificateSource(pair: KeyPair): CertificateSource & { show(next: KeyPair): void } {
  const watchers = new Set<() => void>();
  let now = pair;
  return {
    current: () => ({ chain: now.certificate, key: new Secret(now.key) }),
    onChange: (changed) => {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    show: (next) => {
      now = next;
      for (const changed of watchers) changed();
    },
  };
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(
  options: Partial<AdmissionServerOptions> & Pick<AdmissionServerOptions, 'certificate'>,
): Promise<{ port: number; server: AdmissionServer; stop: () => Promise<void> }> {
  const routes = new Map([['/mutate', () => ({ allowed: true as const })]]);
  const server = createAdmissionServer({
    ...{ routes, log: silentLogger, port: 0, host: '127.0.0.1' },
    ...options,
  });
  const control = new AbortController();
  const running = server.run(control.signal);
  const stop = async (): Promise<void> => {
    control.abort();
    await running;
  };
  stops.push(stop);
  return { port: await server.listening, server, stop };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function post(port: number, body: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, path: '/mutate', method: 'POST', ca: authority.certificate },
        ...{ agent: agent ?? false, headers: { 'content-type': 'application/json' } },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const review = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    ...{ uid: 'u-7', operation: 'CREATE', kind: { group: '', version: 'v1', kind: 'Pod' } },
    object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'cart' } },
  },
});

function handshake(port: number, options: object = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca: authority.certificate, ...options }, () =>
      resolve(socket),
    );
    socket.on('error', reject);
  });
}

describe('createAdmissionServer', () => {
  it('answers reviews over TLS', async () => {
    const { port } = await start({ certificate: certificateSource(await issue('webhook')) });
    const answer = await post(port, review);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ response: { uid: 'u-7', allowed: true } });
  });

  it('shows a new certificate to new connections and keeps the old ones', async () => {
    const certificate = certificateSource(await issue('first'));
    const { port } = await start({ certificate });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const name = async (): Promise<string> => {
      const socket = await handshake(port);
      const peer: PeerCertificate = socket.getPeerCertificate();
      socket.destroy();
      return String(peer.subject.CN);
    };
    await post(port, review, agent);
    expect(await name()).toBe('first');
    certificate.show(await issue('second'));
    expect(await name()).toBe('second');
    expect((await post(port, review, agent)).status).toBe(200);
    agent.destroy();
  });

  it('keeps its certificate when the new one does not fit its key', async () => {
    const certificate = certificateSource(await issue('first'));
    const { port } = await start({ certificate });
    certificate.show({ ...(await issue('other')), key: (await issue('another')).key });
    expect((await post(port, review)).status).toBe(200);
  });

  it('refuses TLS older than 1.2', async () => {
    const { port } = await start({ certificate: certificateSource(await issue('webhook')) });
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(handshake(port, old)).rejects.toThrow();
    const socket = await handshake(port, { maxVersion: 'TLSv1.2' });
    expect(socket.getProtocol()).toBe('TLSv1.2');
    socket.destroy();
  });

  it('refuses a body over the limit, and one whose length is not announced', async () => {
    const { port } = await start({
      certificate: certificateSource(await issue('webhook')),
      maxBody: 1_000,
    });
    expect((await post(port, 'x'.repeat(1_001))).status).toBe(413);
    const socket = await handshake(port);
    socket.write(
      'POST /mutate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    expect(await firstText(socket)).toContain('411');
    expect((await post(port, review)).status).toBe(200);
  });

  it('ends a request that does not arrive in time', async () => {
    const { port } = await start({
      certificate: certificateSource(await issue('webhook')),
      requestTimeout: 100,
    });
    const socket = await handshake(port);
    socket.write(
      'POST /mutate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\nabc',
    );
    expect(await firstText(socket)).toContain('408');
  });

  it('goes on after noise on its port', async () => {
    const { port } = await start({ certificate: certificateSource(await issue('webhook')) });
    await new Promise<void>((resolve) => {
      const noise = connectPlain(port, '127.0.0.1', () => noise.end('GET / HTTP/1.0\r\n\r\n'));
      noise
        .on('error', () => undefined)
        .on('close', () => resolve())
        .resume();
    });
    expect((await post(port, review)).status).toBe(200);
  });

  it('stops when its signal aborts, also with idle connections', async () => {
    const { port, stop } = await start({ certificate: certificateSource(await issue('webhook')) });
    const agent = new Agent({ keepAlive: true });
    await post(port, review, agent);
    await stop();
    await expect(post(port, review)).rejects.toThrow('ECONNREFUSED');
    agent.destroy();
  });

  it('says that its port is taken', async () => {
    const certificate = certificateSource(await issue('webhook'));
    const { port } = await start({ certificate });
    const second = createAdmissionServer({
      ...{ routes: new Map(), certificate, log: silentLogger, port, host: '127.0.0.1' },
    });
    await expect(second.run(new AbortController().signal)).rejects.toThrow('cannot listen');
    await expect(second.listening).rejects.toThrow('cannot listen');
  });
});

function firstText(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('data', (data: Buffer) => {
      socket.destroy();
      resolve(data.toString());
    });
  });
}

import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect, createServer } from 'node:net';

/** Whether a URL answers with 200 within two seconds; `ca` is the PEM of the authority to trust for https. */
export function answers(url: string, ca?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { timeout: 2_000, agent: false as const, ...(ca === undefined ? {} : { ca }) };
    const get = url.startsWith('https:') ? getHttps : getHttp;
    const request = get(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(false);
    });
  });
}

/** A TCP port of the loopback address without a listener. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

/** Whether a process listens at a Unix socket. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
}

import type { IncomingMessage } from 'node:http';
import { networkOf } from '../common/network-of.ts';
import { refuseCrumbs } from './crumbs.ts';
import type { Body, BodyBudget } from './body-budget.ts';

/**
 * Reads a request's body of `length` bytes, as its Content-Length says. Resolves to undefined, and reads nothing, when
 * `budget` has no room for all of it. Rejects when the connection breaks off; `budget` also ends the connection when
 * this body has to make room for another.
 */
export function readBody(
  request: IncomingMessage,
  length: number,
  budget: BodyBudget,
): Promise<Buffer | undefined> {
  const { socket } = request;
  const network = networkOf(socket.remoteAddress ?? '');
  const body: Body = { network, bytes: length, end: () => socket.destroy() };
  const release = (): void => budget.release(body);
  request.once('close', release);
  const begin = (hasRoom: boolean): Promise<Buffer | undefined> =>
    (hasRoom ? read(request, length) : Promise.resolve(undefined)).finally(release);
  const room = budget.reserve(body);
  return typeof room === 'boolean' ? begin(room) : room.then(begin);
}

function read(request: IncomingMessage, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const brokeOff = (): void =>
      reject(new Error('the connection closed before the whole body arrived'));
    if (request.destroyed) {
      brokeOff();
      return;
    }
    // One allocation up front: thousands of tiny buffers would each cost more than their bytes.
    const bytes = Buffer.allocUnsafeSlow(length);
    let read = 0;
    request.on('data', (part: Buffer) => {
      read += part.copy(bytes, read);
    });
    refuseCrumbs(request);
    request.once('end', () => resolve(bytes.subarray(0, read)));
    request.once('error', reject);
    request.once('close', brokeOff);
  });
}

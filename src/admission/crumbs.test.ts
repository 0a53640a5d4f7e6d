import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { expect, it, jest } from '@jest/globals';
import { refuseCrumbs } from './crumbs.ts';

function send(parts: number, bytes: number): boolean {
  const destroy = jest.fn();
  const request = Object.assign(new EventEmitter(), { socket: { destroy } });
  refuseCrumbs(request as unknown as IncomingMessage);
  for (let part = 0; part < parts; part += 1) request.emit('data', Buffer.alloc(bytes));
  return destroy.mock.calls.length > 0;
}

it('ends a body of very many tiny parts, and no other', () => {
  expect(send(1_024, 1)).toBe(true);
  expect(send(1_000, 1)).toBe(false);
  expect(send(10_000, 1_400)).toBe(false);
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { clientHello } from '../../test/support/fakes/client-hello.ts';
import { parseHello } from './client-hello.ts';

const most = 8_192;

describe('the first bytes of a connection', () => {
  let hello: Buffer;

  beforeAll(async () => {
    hello = await clientHello();
  });

  it('are a greeting when all of a ClientHello is there, with whatever follows', () => {
    expect(parseHello(hello, most)).toBe('whole');
    expect(parseHello(Buffer.concat([hello, Buffer.from('more')]), most)).toBe('whole');
  });

  it('are waited for at every byte before that', () => {
    for (let length = 0; length < hello.length; length += 1)
      expect(parseHello(hello.subarray(0, length), most)).toBe('incomplete');
  });

  it.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n')],
    ['one letter', Buffer.from('G')],
    ['an alert', Buffer.from('15030300020228', 'hex')],
    ['a record without a message', Buffer.from('1603010000', 'hex')],
    ['another message of the handshake', Buffer.from('160301000402000000', 'hex')],
    ['a message that goes on in the next record', Buffer.from('160301000801000100', 'hex')],
  ])('are none when they are %s', (_, bytes) => {
    expect(parseHello(bytes, most)).toBe('none');
  });

  it('are none when they say that more is to come than may', () => {
    expect(parseHello(hello, hello.length - 1)).toBe('none');
  });
});

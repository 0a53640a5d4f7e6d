import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerInterceptor,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { sendFramed, unframed } from './framed-messages.ts';

const path = '/test/Stream';
const message = Buffer.from('hello');
const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
const asItIs = (bytes: Buffer): Buffer => bytes;

describe('a framed message', () => {
  let server: Server;
  let client: Client;

  afterEach(() => {
    client.close();
    server.forceShutdown();
  });

  /** What a client of the real grpc-js gets, and how often grpc-js serialized. */
  async function send(interceptors: ServerInterceptor[]): Promise<[string[], number]> {
    let serialized = 0;
    const responseSerialize = (bytes: Buffer): Buffer => {
      serialized += 1;
      return unframed(bytes);
    };
    server = new Server({ interceptors });
    const stream = {
      path,
      requestStream: false,
      responseStream: true,
      requestSerialize: asItIs,
      requestDeserialize: asItIs,
      responseSerialize,
      responseDeserialize: asItIs,
    };
    const handler = (call: ServerWritableStream<Buffer, Buffer>): void => {
      call.write(framed);
      call.write(framed);
      call.end();
    };
    server.addService({ stream }, { stream: handler });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const got: string[] = [];
    const call = client.makeServerStreamRequest(path, asItIs, asItIs, Buffer.alloc(0));
    for await (const bytes of call) got.push(String(bytes));
    return [got, serialized];
  }

  it('goes out as it is, neither serialized nor copied by grpc-js', async () => {
    expect(await send([sendFramed(path)])).toEqual([['hello', 'hello'], 0]);
  });

  it('arrives the same through a grpc-js that serializes', async () => {
    expect(await send([])).toEqual([['hello', 'hello'], 2]);
  });

  it('is left alone in other methods', async () => {
    expect(await send([sendFramed('/test/Other')])).toEqual([['hello', 'hello'], 2]);
  });
});

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { type Channel, type OnBreak, reasonOf, type Target, Waiting } from './exchange.ts';
import { frame, frameReader, methods } from './grpc-frames.ts';

/** A session that is opened when it is needed, and again after it has ended. */
class Connection {
  readonly #target: Target;
  #session: ClientHttp2Session | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  call(path: string): ClientHttp2Stream {
    const { address, port, authority } = this.#target;
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(`http://${address}:${port}`);
      // Each call that was under way gets an error of its own.
      this.#session.on('error', () => undefined);
    }
    return this.#session.request({
      ':method': 'POST',
      ':path': path,
      ':authority': `${authority}:${port}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  }

  close(): void {
    this.#session?.destroy();
  }
}

/** Follows a call to its end, which is the text of what was wrong, or "" for status 0. */
function follow(
  call: ClientHttp2Stream,
  on: { readonly message: (text: string) => void; readonly end: (problem: string) => void },
): void {
  const read = frameReader();
  let problem = 'the stream ended without a status';
  const heed = (headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void => {
    const { 'grpc-status': status, 'grpc-message': message, ':status': http } = headers;
    const words = typeof message === 'string' ? message.slice(0, 120) : '';
    if (typeof status === 'string')
      problem = status === '0' ? '' : `gRPC status ${status} ${words}`;
    else if (http !== undefined && http !== 200) problem = `HTTP ${http}`;
  };
  call.on('response', heed).on('trailers', heed);
  call.on('data', (bytes: Buffer) => read(bytes).forEach(on.message));
  call.on('error', (error) => (problem = reasonOf(error)));
  call.on('close', () => {
    on.end(problem);
  });
}

/** Unary calls over one session. */
export function grpcUnary(target: Target): Channel {
  const connection = new Connection(target);
  const exchange = (token: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const call = connection.call(methods.unary);
      call.setTimeout(target.timeoutMs, () => call.destroy());
      let answer: string | undefined;
      follow(call, {
        message: (text) => (answer = text),
        end: (problem) => {
          if (problem !== '') reject(new Error(problem));
          else if (answer === token) resolve();
          else reject(new Error(`a wrong answer: ${answer ?? 'none'}`));
        },
      });
      call.end(frame(token));
    });
  return { exchange, close: () => connection.close() };
}

const streams = 4;

/** Messages over bidirectional calls that live on; after a break the next message opens another one. */
export function grpcStream(target: Target, onBreak: OnBreak): Channel {
  const connection = new Connection(target);
  const open = new Map<number, { call: ClientHttp2Stream; waiting: Waiting }>();
  let closed = false;
  let turn = 0;
  const start = (index: number): { call: ClientHttp2Stream; waiting: Waiting } => {
    const waiting = new Waiting();
    const call = connection.call(methods.stream);
    follow(call, {
      message: (text) => waiting.came(text),
      end: (problem) => {
        open.delete(index);
        if (closed) return;
        const reason = problem === '' ? 'the server ended the stream' : problem;
        onBreak(reason);
        waiting.broke(reason);
      },
    });
    const stream = { call, waiting };
    open.set(index, stream);
    return stream;
  };
  return {
    exchange: (token) => {
      turn = (turn + 1) % streams;
      const { call, waiting } = open.get(turn) ?? start(turn);
      const answer = waiting.wait(token);
      call.write(frame(token));
      return answer;
    },
    close: () => {
      closed = true;
      connection.close();
    },
  };
}

import type { ServerDuplexStream } from '@grpc/grpc-js';
import { WeftError } from '../../common/errors.ts';

/** The first message of a call; what follows is not read. Rejects with WeftError protocol-violation. */
export function readOne(
  call: ServerDuplexStream<Buffer, Buffer>,
  timeoutMs: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new WeftError('protocol-violation', 'no request came'));
    const timer = setTimeout(fail, timeoutMs).unref();
    call.once('cancelled', fail);
    call.once('end', fail);
    call.once('data', (bytes: Buffer) => {
      clearTimeout(timer);
      call.pause();
      resolve(bytes);
    });
  });
}

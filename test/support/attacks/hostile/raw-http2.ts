/* HTTP/2 frames as bytes (RFC 9113 section 4), for clients that no library lets one be. */
import { gzipSync } from 'node:zlib';

/** Types of frames, with the flags they go with. */
const kinds = {
  headers: { type: 1, flags: 4 },
  rstStream: { type: 3, flags: 0 },
  settings: { type: 4, flags: 0 },
};

function frame(
  { type, flags }: { type: number; flags: number },
  stream: number,
  payload: Buffer,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function literal(name: Buffer, value: string): Buffer {
  return Buffer.concat([name, Buffer.from([value.length]), Buffer.from(value)]);
}

/** What a client says first. */
export const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(kinds.settings, 0, Buffer.alloc(0)),
]);

/** Calls a gRPC method, with the headers it takes and a token if there is one: RFC 7541, each field a literal. */
export function callBytes(stream: number, path: string, token?: string): Buffer {
  const fields = [
    Buffer.from([0x83, 0x87]),
    // Node resets a call that names no authority before anybody sees it.
    literal(Buffer.from([0x01]), 'weft'),
    literal(Buffer.from([0x04]), path),
    literal(Buffer.from([0x0f, 0x10]), 'application/grpc'),
    literal(Buffer.from([0x00, 0x02, 0x74, 0x65]), 'trailers'),
    ...(token === undefined ? [] : [literal(Buffer.from([0x0f, 0x08]), `Bearer ${token}`)]),
  ];
  return frame(kinds.headers, stream, Buffer.concat(fields));
}

/** A gRPC message of 2 MB as its caller may send it: 2 KB, if the server unpacks it. */
export const packed = framed(1, gzipSync(Buffer.alloc(2 * 1024 * 1024 - 64)));

function framed(isPacked: 0 | 1, message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isPacked, 0);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Resets a stream, as cancelled. */
export function resetBytes(stream: number): Buffer {
  return frame(kinds.rstStream, stream, Buffer.from([0, 0, 0, 8]));
}

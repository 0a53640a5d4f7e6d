/** One gRPC message, uncompressed: its length before it. */
export function frame(message: string): Buffer {
  const body = Buffer.from(message);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** Takes bytes as they come and gives the messages that are complete with them. */
export function frameReader(): (bytes: Buffer) => readonly string[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const messages: string[] = [];
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      messages.push(rest.toString('utf8', 5, end));
      rest = rest.subarray(end);
    }
    return messages;
  };
}

/** The methods that the server has. */
export const methods = {
  unary: '/weft.load.Echo/Unary',
  stream: '/weft.load.Echo/Stream',
} as const;

/** What the first bytes of a connection are. */
export type Hello = 'incomplete' | 'whole' | 'none';

const handshakeRecord = 0x16;
const clientHello = 0x01;
const recordHeader = 5;
const handshakeHeader = 4;

/**
 * Whether the bytes begin with a TLS ClientHello that lies whole in one record, as every client of the control plane
 * sends it. A ClientHello in several records is `none`: its sender could complete it later and so choose when the
 * server has to sign, and many senders could do so at once.
 */
export function parseHello(bytes: Buffer, maxBytes: number): Hello {
  if (bytes.length < recordHeader) return startsLikeOne(bytes) ? 'incomplete' : 'none';
  const length = bytes.readUInt16BE(3);
  if (!startsLikeOne(bytes) || length < handshakeHeader || recordHeader + length > maxBytes)
    return 'none';
  if (bytes.length < recordHeader + handshakeHeader) return 'incomplete';
  const isWholeInRecord = bytes.readUIntBE(6, 3) + handshakeHeader <= length;
  if (bytes[recordHeader] !== clientHello || !isWholeInRecord) return 'none';
  return bytes.length >= recordHeader + length ? 'whole' : 'incomplete';
}

function startsLikeOne(bytes: Buffer): boolean {
  return (bytes[0] ?? handshakeRecord) === handshakeRecord && (bytes[1] ?? 3) === 3;
}

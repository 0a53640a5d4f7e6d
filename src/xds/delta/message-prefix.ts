/**
 * Bytes of the gRPC prefix of each message: a compression flag, then the length as an unsigned 32-bit integer.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Length-Prefixed-Message
 */
export const prefixBytes = 5;

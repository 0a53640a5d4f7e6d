const pass = (bytes: Buffer): Buffer => bytes;

/**
 * The definition of a gRPC method whose messages are bytes. The request is declared as a stream, because grpc-js would
 * read a single request before it reports the call, and so before the call is admitted.
 */
export function bytesMethod(path: string) {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  } as const;
}

export type BytesMethod = ReturnType<typeof bytesMethod>;

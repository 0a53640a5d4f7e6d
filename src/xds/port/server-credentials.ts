import type { SecureServerOptions } from 'node:http2';
import { ServerCredentials } from '@grpc/grpc-js';
import type { CertificateSource, ServedCertificate } from '../../common/served-certificate.ts';
import type { Limits } from './limits.ts';

/**
 * TLS 1.3 credentials that follow their source: a new certificate serves new connections, and open streams go on.
 * Clients present no certificate; a token identifies them. As a client, Envoy uses TLS 1.2 at most by default, so its
 * bootstrap must ask for 1.3.
 */
export class ReloadingCredentials extends ServerCredentials {
  readonly #source: CertificateSource;
  readonly stop: () => void;

  constructor(
    source: CertificateSource,
    limits: Pick<Limits, 'handshakeMs' | 'maxStreamsPerConnection'>,
  ) {
    super(sessionOptions(limits), contextOf(source.current()));
    this.#source = source;
    this.stop = source.onChange(() => {
      this.updateSecureContextOptions(contextOf(this.#source.current()));
    });
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

/**
 * Limits on the cost of one connection. A well-behaved client opens one stream, and another stream when the first
 * ends; it resets few streams, sends a dozen short headers, and sends no invalid frame.
 */
function sessionOptions({
  handshakeMs,
  maxStreamsPerConnection,
}: Pick<Limits, 'handshakeMs' | 'maxStreamsPerConnection'>): SecureServerOptions {
  return {
    handshakeTimeout: handshakeMs,
    unknownProtocolTimeout: 1_000,
    settings: {
      maxConcurrentStreams: maxStreamsPerConnection,
      maxHeaderListSize: 32 * 1024,
    },
    maxHeaderListPairs: 64,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 20,
    streamResetBurst: 8,
    streamResetRate: 1,
  };
}

function contextOf({ chain, key }: ServedCertificate): {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: 'TLSv1.3';
} {
  return { cert: chain, key: key.reveal(), minVersion: 'TLSv1.3' };
}

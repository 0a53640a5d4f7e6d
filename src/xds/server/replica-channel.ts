import { Client, Metadata, credentials } from '@grpc/grpc-js';
import type { Secret } from '../../common/secret.ts';

/** The way to another replica of the control plane. */
export interface ReplicaChannel {
  /** `<ip>:<port>` of its xDS port. */
  readonly address: string;
  /** The DNS name on its certificate. */
  readonly serverName: string;
  /** PEM of the CAs that may have signed it; read again for each attempt. */
  readonly trust: () => string;
  /** The control plane's own token; read again for each attempt. */
  readonly token: () => Promise<Secret<string>>;
}

/** A TLS connection of its own, which notices within some seconds when the other end is gone. */
export function openChannel({ address, serverName, trust }: ReplicaChannel): Client {
  return new Client(address, credentials.createSsl(Buffer.from(trust())), {
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
    'grpc.keepalive_time_ms': 5_000,
    'grpc.keepalive_timeout_ms': 2_000,
    'grpc.max_receive_message_length': 64 * 1024 * 1024,
    'grpc.enable_channelz': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
}

/** What says who calls. */
export function bearer(token: Secret<string>): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token.reveal()}`);
  return metadata;
}

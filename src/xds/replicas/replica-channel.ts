import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import type { Secret } from '../../common/secret.ts';

/** The address, identity and credentials for a connection to another replica. */
export interface ReplicaChannel {
  /** `<ip>:<port>` of its port for replicas. */
  readonly address: string;
  /** The DNS name on its certificate. */
  readonly serverName: string;
  /** The SPIFFE IDs of which the other replica's certificate must have one; read again for each attempt. */
  readonly serverIds: () => readonly string[];
  /** PEM of the CAs that may have signed that certificate; read again for each attempt. */
  readonly trust: () => string;
  /** The control plane's own token; read again for each attempt. */
  readonly token: () => Promise<Secret<string>>;
}

/** Opens a separate TLS connection, which detects within some seconds that the other end is gone. */
export function openChannel(channel: ReplicaChannel): Client {
  const { address, serverName, trust } = channel;
  const checks = { checkServerIdentity: isControlPlane(channel.serverIds()) };
  return new Client(address, credentials.createSsl(Buffer.from(trust()), null, null, checks), {
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
    'grpc.keepalive_time_ms': 5_000,
    'grpc.keepalive_timeout_ms': 2_000,
    'grpc.max_receive_message_length': 64 * 1024 * 1024,
    'grpc.enable_channelz': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
}

/** Requires both: others' certificates could have the DNS name, only the control plane's certificates have the ID. */
function isControlPlane(
  ids: readonly string[],
): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (host, certificate) => {
    const { subjectaltname: names = '' } = certificate;
    // Node quotes a name in which a comma could begin another name; the control plane has no such name.
    const has = !names.includes('"') && ids.some((id) => names.split(', ').includes(`URI:${id}`));
    return has
      ? checkServerIdentity(host, certificate)
      : new Error('its certificate is not that of a control plane');
  };
}

/** The metadata that identifies the caller. */
export function bearer(token: Secret<string>): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token.reveal()}`);
  return metadata;
}

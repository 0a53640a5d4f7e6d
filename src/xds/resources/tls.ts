import { type Message, type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { duration } from '../../envoy/duration.ts';
import {
  type TransportSocket,
  TransportSocketSchema,
} from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import {
  type SubjectAltNameMatcherSchema,
  SubjectAltNameMatcher_SanType,
  type TlsParametersSchema,
  TlsParameters_TlsProtocol,
} from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js';
import {
  type SdsSecretConfig,
  SdsSecretConfigSchema,
} from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import {
  type CommonTlsContextSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import { meshAlpn } from '../../envoy/names.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { adsSource } from './ads-source.ts';
import { type PeerSet, sanMatchers } from './peers.ts';
import { trustSecret, workloadSecret } from './secret-source.ts';

const tlsSocketName = 'envoy.transport_sockets.tls';

/**
 * The server's side of mTLS: it requires a client certificate that the trust bundle and `peers` accept. The client's
 * ALPN only selects the chain. If it were negotiated, Envoy could no longer see whether HTTP/2 follows.
 */
export function downstreamTls(settings: MeshSettings, peers: PeerSet): TransportSocket {
  return create(TransportSocketSchema, {
    name: tlsSocketName,
    configType: {
      case: 'typedConfig',
      value: any(DownstreamTlsContextSchema, {
        requireClientCertificate: true,
        commonTlsContext: commonContext(settings, peers),
      }),
    },
  });
}

/**
 * The client's side of mTLS: it accepts only a server certificate of one of `accounts`. The list must not be empty,
 * because Envoy takes an empty list for anyone.
 */
export function upstreamTls(
  settings: MeshSettings,
  sni: string,
  accounts: readonly IdentityKey[],
): TransportSocket {
  return create(TransportSocketSchema, {
    name: tlsSocketName,
    configType: {
      case: 'typedConfig',
      value: any(UpstreamTlsContextSchema, {
        sni,
        commonTlsContext: { ...commonContext(settings, accounts), alpnProtocols: [meshAlpn] },
      }),
    },
  });
}

/** TLS to the application itself, not verified, as in the kubelet's https probes. */
export function unverifiedTls(): TransportSocket {
  return create(TransportSocketSchema, {
    name: tlsSocketName,
    configType: { case: 'typedConfig', value: any(UpstreamTlsContextSchema, {}) },
  });
}

type CommonTls = Exclude<MessageInitShape<typeof CommonTlsContextSchema>, Message>;

function commonContext(settings: MeshSettings, peers: PeerSet): CommonTls {
  return {
    tlsParams: tlsParameters(settings),
    tlsCertificateSdsSecretConfigs: [workloadConfig],
    validationContextType: {
      case: 'combinedValidationContext',
      value: {
        defaultValidationContext: { matchTypedSubjectAltNames: uriMatchers(peers) },
        validationContextSdsSecretConfig: trustConfig,
      },
    },
  };
}

function uriMatchers(peers: PeerSet): MessageInitShape<typeof SubjectAltNameMatcherSchema>[] {
  return sanMatchers(peers).map((matcher) => ({
    sanType: SubjectAltNameMatcher_SanType.URI,
    matcher,
  }));
}

function secretConfig(name: string): SdsSecretConfig {
  // It waits without a time limit: a pod must not start before it can prove its identity.
  return create(SdsSecretConfigSchema, { name, sdsConfig: adsSource(duration(0)) });
}

const workloadConfig = secretConfig(workloadSecret);
/** The roots by which a certificate is verified. */
const trustConfig = secretConfig(trustSecret);

function tlsParameters({ tls }: MeshSettings): MessageInitShape<typeof TlsParametersSchema> {
  return {
    tlsMinimumProtocolVersion: protocolVersion(tls.minProtocolVersion),
    tlsMaximumProtocolVersion: protocolVersion(tls.maxProtocolVersion),
    cipherSuites: [...tls.cipherSuites],
    ecdhCurves: [...tls.ecdhCurves],
  };
}

const versions: Readonly<Record<string, TlsParameters_TlsProtocol>> = {
  TLSv1_0: TlsParameters_TlsProtocol.TLSv1_0,
  TLSv1_1: TlsParameters_TlsProtocol.TLSv1_1,
  TLSv1_2: TlsParameters_TlsProtocol.TLSv1_2,
  TLSv1_3: TlsParameters_TlsProtocol.TLSv1_3,
};

/** For an unknown word Envoy makes its own choice (TLS_AUTO). */
function protocolVersion(name: string): TlsParameters_TlsProtocol {
  return versions[name] ?? TlsParameters_TlsProtocol.TLS_AUTO;
}

/**
 * The floor: a bare grpc-js server that knows nothing. It answers Envoy's first questions with
 * nothing and on command writes given bytes to every stream: what no control plane on grpc-js
 * can be faster than.
 */
import { type ServerDuplexStream, Server, ServerCredentials } from '@grpc/grpc-js';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from '../../src/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { bytesMethod } from '../../src/xds/replicas/bytes-method.ts';
import { typeUrls } from '../../src/xds/resources/resource.ts';
import { now } from './figures.ts';

export type ToFloor =
  | { readonly kind: 'listen'; readonly certificate: string; readonly key: string }
  | { readonly kind: 'push'; readonly bytes: string }
  | { readonly kind: 'stop' };

export type FromFloor =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'pushed'; readonly started: number };

type Call = ServerDuplexStream<Buffer, Buffer>;

const path = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const service = { deltaAggregatedResources: bytesMethod(path) } as const;

const calls = new Set<Call>();
const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(service, {
  deltaAggregatedResources: (call: Call) => {
    calls.add(call);
    call.on('cancelled', () => calls.delete(call));
    call.on('data', (bytes: Buffer) => {
      const request = fromBinary(DeltaDiscoveryRequestSchema, bytes);
      if (request.responseNonce === '') call.write(nothingOf(request.typeUrl, request));
    });
  },
});

/** Says that there is nothing of what was asked for. */
function nothingOf(
  typeUrl: string,
  { resourceNamesSubscribe }: { readonly resourceNamesSubscribe: string[] },
): Buffer {
  const known = Object.values(typeUrls).some((url) => url === typeUrl);
  if (!known) throw new Error(`asked for ${typeUrl}`);
  const response = create(DeltaDiscoveryResponseSchema, {
    typeUrl,
    nonce: 'nothing',
    removedResources: resourceNamesSubscribe,
  });
  return Buffer.from(toBinary(DeltaDiscoveryResponseSchema, response));
}

function tell(message: FromFloor): void {
  process.send?.(message);
}

process.on('message', (message: ToFloor) => {
  if (message.kind === 'listen') {
    const pair = {
      cert_chain: Buffer.from(message.certificate),
      private_key: Buffer.from(message.key),
    };
    const credentials = ServerCredentials.createSsl(null, [pair]);
    server.bindAsync('127.0.0.1:0', credentials, (_, port) => tell({ kind: 'listening', port }));
  } else if (message.kind === 'push') {
    const bytes = Buffer.from(message.bytes, 'base64');
    const started = now();
    for (const call of calls) call.write(bytes);
    tell({ kind: 'pushed', started });
  } else {
    server.forceShutdown();
    process.disconnect();
  }
});

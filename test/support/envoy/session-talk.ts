import { fromBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryResponseSchema,
} from '../../../src/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { RecentTables } from '../../../src/xds/delta/recent-tables.ts';
import { ResponseBytes } from '../../../src/xds/delta/response-bytes.ts';
import { Session } from '../../../src/xds/delta/session.ts';
import type { DeltaResponse } from '../../../src/xds/delta/step.ts';
import { SharedQuarantine } from '../../../src/xds/delta/quarantine.ts';
import type { AdsStream, BeginTalk } from './ads.ts';

/** Converses as the control plane does: by its own sessions. */
export interface SessionTalk {
  readonly begin: BeginTalk;
  /** Ends all streams: the proxies come back after a moment. */
  hangUp(): void;
}

export function sessionTalk(): SessionTalk {
  const bytes = new ResponseBytes();
  const suspects = new SharedQuarantine();
  const tables = new RecentTables();
  const streams = new Set<AdsStream>();
  const begin: BeginTalk = (stream, sets, nacks) => {
    streams.add(stream);
    const session = new Session(bytes, suspects.reportsFor('test'), tables);
    const write = (responses: readonly DeltaResponse[]): void => {
      for (const response of responses)
        stream.write(fromBinary(DeltaDiscoveryResponseSchema, response.bytes));
    };
    const talk = {
      node: '',
      /** Between two responses, too, there may be something left to say. */
      get unanswered() {
        return { size: session.synced ? 0 : 1 };
      },
      push() {
        const set = sets.get(talk.node);
        if (set !== undefined && set !== session.offered) write(session.offer(set));
      },
    };
    stream.on('data', (request: DeltaDiscoveryRequest) => {
      talk.node = request.node?.id ?? talk.node;
      if (request.errorDetail !== undefined) nacks.push(request.errorDetail.message);
      talk.push();
      const { responses } = session.receive({
        typeUrl: request.typeUrl,
        subscribe: request.resourceNamesSubscribe,
        unsubscribe: request.resourceNamesUnsubscribe,
        initialVersions: new Map(Object.entries(request.initialResourceVersions)),
        nonce: request.responseNonce,
        error: request.errorDetail?.message,
      });
      write(responses);
    });
    return talk;
  };
  return {
    begin,
    hangUp() {
      const error = { code: status.UNAVAILABLE, details: 'the test hangs up' };
      for (const stream of streams) stream.emit('error', error);
      streams.clear();
    },
  };
}

import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import {
  type AccessLog,
  type AccessLogFilterSchema,
  AccessLogSchema,
} from '../../envoy/gen/envoy/config/accesslog/v3/accesslog_pb.js';
import { oneof } from '../../envoy/oneof.ts';
import { StdoutAccessLogSchema } from '../../envoy/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js';

/** OSM's nineteen fields. */
const fields = {
  authority: '%REQ(:AUTHORITY)%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  request_id: '%REQ(X-REQUEST-ID)%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  response_code: '%RESPONSE_CODE%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  response_flags: '%RESPONSE_FLAGS%',
  start_time: '%START_TIME%',
  time_to_first_byte: '%RESPONSE_DURATION%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  user_agent: '%REQ(USER-AGENT)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
};

function stdout(filter?: MessageInitShape<typeof AccessLogFilterSchema>): AccessLog {
  return create(AccessLogSchema, {
    name: 'envoy.access_loggers.stdout',
    configType: {
      case: 'typedConfig',
      value: any(StdoutAccessLogSchema, {
        accessLogFormat: {
          case: 'logFormat',
          value: { format: oneof('jsonFormat', fields) },
        },
      }),
    },
    ...(filter === undefined ? {} : { filter }),
  });
}

/** One JSON line a request or connection on standard output. */
export const accessLog: AccessLog = stdout();

/** Logs only connections that no filter chain accepts: plaintext, foreign TLS, ports that are not served. */
export const refusedLog: AccessLog = stdout({
  filterSpecifier: { case: 'responseFlagFilter', value: { flags: ['NR'] } },
});

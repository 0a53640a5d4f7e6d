import type { MessageInitShape } from '@bufbuild/protobuf';
import { duration } from '../../envoy/duration.ts';
import type { RouteSchema } from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import {
  HeaderValueOption_HeaderAppendAction,
  type HeaderValueOptionSchema,
} from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import type { ProbeTarget } from '../../policy/workload.ts';
import { oneof } from '../../envoy/oneof.ts';
import { exactHeader, regexHeader } from './header-matcher.ts';
import { probeCluster } from './probe-clusters.ts';

/** How the kubelet names a pod: by its address. So no caller can choose a virtual host of the application. */
const address = String.raw`(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\])(:\d{1,5})?`;

/** Headers that describe how a message is carried. Envoy sets these. */
const ofTheConnection = new Set([
  ...['connection', 'content-length', 'host', 'http2-settings', 'keep-alive', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

/**
 * The route from exactly this path without a query to exactly what the probe or hook calls: its path with its query,
 * its host and its headers. The kubelet's time limit ends first, so the equal limit here only ends calls that the
 * kubelet has given up.
 */
export function probeRoute(probe: ProbeTarget, path: string): MessageInitShape<typeof RouteSchema> {
  const host = hostOf(probe);
  return {
    match: {
      pathSpecifier: { case: 'path', value: path },
      headers: [
        exactHeader(':path', path),
        ...(host === undefined ? [regexHeader(':authority', address)] : []),
      ],
    },
    requestHeadersToAdd: headersOf(probe),
    // The kubelet would follow a redirect to this listener, which has no such page. A redirect without a location
    // passes.
    responseHeadersToRemove: ['location'],
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'cluster', value: probeCluster(probe) },
        prefixRewrite: probe.path,
        timeout: duration(Math.max(1, probe.timeoutSeconds) * 1000),
        ...(host === undefined ? {} : { hostRewriteSpecifier: oneof('hostRewriteLiteral', host) }),
        ...(probe.probe === 'postStart' ? { retryPolicy: untilItListens } : {}),
      },
    },
  };
}

/** As the kubelet reads it: the first host header counts, and an empty one counts as absent. */
function hostOf({ headers }: ProbeTarget): string | undefined {
  const host = headers.find(({ name }) => name.toLowerCase() === 'host')?.value;
  return host === '' ? undefined : host;
}

/** The kubelet calls postStart the moment the container starts, often before it listens. */
const untilItListens = {
  retryOn: 'connect-failure',
  numRetries: 60,
  retryBackOff: { baseInterval: duration(250), maxInterval: duration(500) },
};

function headersOf({
  probe,
  headers,
}: ProbeTarget): MessageInitShape<typeof HeaderValueOptionSchema>[] {
  const agent = probe === 'postStart' || probe === 'preStop' ? 'kube-lifecycle' : 'kube-probe';
  const usual = [
    { name: 'user-agent', value: `${agent}/weft` },
    { name: 'accept', value: '*/*' },
  ];
  const isUsual = (header: string): boolean =>
    usual.some(({ name }) => name === header.toLowerCase());
  const declared = headers.filter(({ name }) => !ofTheConnection.has(name.toLowerCase()));
  const kept = usual.filter(({ name }) => !declared.some((own) => own.name.toLowerCase() === name));
  // To declare one of the usual headers empty is the way to leave it out.
  const sent = declared.filter(({ name, value }) => value !== '' || !isUsual(name));
  return [...kept, ...sent].map(({ name, value }) => ({
    // A percent sign would begin a variable of Envoy's.
    header: { key: name, value: value.replaceAll('%', '%%') },
    appendAction: HeaderValueOption_HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD,
    keepEmptyValue: true,
  }));
}

import { reportKey } from '../api/certificate-report.ts';
import { certificatesConfigMap, proxiesConfigMap } from '../api/control-plane-names.ts';
import type { ConfigMap } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import { reportedAtKey } from '../api/mesh-report.ts';
import { parseReport } from '../api/parse-report.ts';
import { apiStatusOf } from '../kubernetes/api-failure.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import type { HeartbeatFact, LeavesFact, NoFact } from './certificate-facts.ts';
import { resourceOf, describeCallFailure } from './failure.ts';

interface Place {
  readonly api: Pick<ApiConnection, 'get' | 'server'>;
  readonly namespace: string;
}

const notReported: NoFact = { kind: 'not-reported' };

/** Reads the control plane's report on leaves. Rejects only when aborted. */
export async function readLeaves(place: Place, signal: AbortSignal): Promise<LeavesFact> {
  const found = await readData(place, certificatesConfigMap, signal);
  if ('kind' in found) return found;
  const report = parseReport(found.data[reportKey]);
  return report === undefined ? notReported : { kind: 'reported', health: report.health };
}

/** Reads when the control plane reported last. Rejects only when aborted. */
export async function readHeartbeat(place: Place, signal: AbortSignal): Promise<HeartbeatFact> {
  const found = await readData(place, proxiesConfigMap, signal);
  if ('kind' in found) return found;
  const at = found.data[reportedAtKey] ?? '';
  return Number.isNaN(Date.parse(at)) ? notReported : { kind: 'reported', at };
}

interface Data {
  readonly data: Readonly<Record<string, string>>;
}

async function readData(
  { api, namespace }: Place,
  name: string,
  signal: AbortSignal,
): Promise<Data | NoFact> {
  const ref = { kind: kinds.configMap, namespace, name };
  try {
    return { data: (await api.get<ConfigMap>(ref, signal))?.data ?? {} };
  } catch (error) {
    signal.throwIfAborted();
    const isForbidden = apiStatusOf(error)?.status === 403;
    const why = isForbidden
      ? `you may not get ${resourceOf(ref.kind)} ${name} in namespace ${namespace}`
      : describeCallFailure(error, { verb: 'get', kind: ref.kind, namespace, server: api.server })
          .message;
    return { kind: 'not-readable', why };
  }
}

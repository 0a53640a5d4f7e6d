import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ConfigMap, KubernetesObject } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { sidecarInjection } from '../../../src/api/labels.ts';
import { type MeshReport, parseMeshReport } from '../../../src/api/mesh-report.ts';
import type { EventObject } from '../../../src/kubernetes/event-object.ts';
import { ask, patched } from '../../support/injector/injected-pod.ts';
import { makeAdmittedPod } from '../../support/injector/injection.ts';
import {
  startReplicaRig,
  type Replica,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(90_000);

const stuck = {
  ...{ name: 'envoy', image: 'envoy:1', imageID: '', ready: false, restartCount: 0 },
  state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } },
};
const udp = `
apiVersion: v1
kind: Service
metadata: { name: dns, namespace: shop }
spec: { selector: { app: dns }, ports: [{ name: dns, port: 53, protocol: UDP }] }
`;

describe('case H: what the control plane reports of pods', () => {
  let rig: ReplicaRig;
  let replica: Replica;

  beforeAll(async () => {
    rig = await startReplicaRig();
    await rig.kubectl('annotate', 'namespace', 'shop', `${sidecarInjection}=enabled`);
    await rig.apply(udp);
    replica = await rig.startReplica('one');
  }, 120_000);

  afterAll(() => rig.stop(), 30_000);

  async function reportThat(is: (report: MeshReport) => boolean): Promise<MeshReport> {
    return until(
      async () => {
        const ref = { kind: kinds.configMap, namespace: 'weft-system', name: 'weft-proxies' };
        const found = await rig.admin.get<ConfigMap>(ref, rig.signal);
        const report = parseMeshReport(found?.data?.['report.json']);
        return report !== undefined && is(report) ? report : undefined;
      },
      { withinMs: 60_000 },
    );
  }

  const kindsIn = ({ findings }: MeshReport): readonly string[] =>
    findings.map(({ kind, count, found }) => `${kind} ${count} ${found[0]?.name ?? ''}`);

  it('names pods that are stuck, without a sidecar, or lost, and counts each once', async () => {
    const connected = await rig.makePod({ name: 'good', account: 'good', ip: '10.0.0.1' });
    const proxy = await rig.connectProxy(connected, replica);
    await rig.makePod({ name: 'stuck', account: 'a', ip: '10.0.0.2', statuses: [stuck] });
    await rig.makePod({ name: 'bare', account: 'b', ip: '10.0.0.3', sidecar: false });
    await rig.makePod({
      ...{ name: 'out', account: 'c', ip: '10.0.0.4', sidecar: false },
      annotations: { [sidecarInjection]: 'disabled' },
    });
    const report = await reportThat(
      ({ findings, connected: now }) => findings.length === 2 && now === 1,
    );
    expect(kindsIn(report)).toEqual(['sidecar-stuck 1 shop/stuck', 'without-sidecar 1 shop/bare']);
    expect(report).toMatchObject({ connected: 1, expected: 3, starting: 0, leftOut: 1 });
    expect(report.findings[0]?.found[0]?.why).toBe('container envoy: ErrImagePull, no such image');
    await proxy.stop();
  });

  it('forgets them when they are gone', async () => {
    const now = ['--grace-period=0', '--force', '--wait=false'];
    await rig.kubectl('delete', 'pod', '-n', 'shop', 'stuck', 'bare', ...now);
    const report = await reportThat(({ expected }) => expected === 1);
    expect(kindsIn(report).join()).not.toMatch(/stuck|without/);
  });

  it('case 19: tells on the Pod what the injector could not lead, by an Event', async () => {
    const hook = { tcpSocket: { port: 80 } };
    const asked = makeAdmittedPod({
      containers: [{ name: 'app', image: 'app:1', lifecycle: { postStart: hook } }],
    });
    const injected = patched(asked, ask(asked)).metadata.annotations;
    const place = { name: 'hooked', account: 'h', ip: '10.0.0.9' };
    await rig.makePod({ ...place, annotations: injected ?? {} });
    const event = await until(
      async () => {
        const all = await rig.admin.list<EventObject>(
          kinds.event,
          { namespace: 'shop' },
          rig.signal,
        );
        return all.find(({ reason }) => reason === 'pod-call-not-led');
      },
      { withinMs: 60_000 },
    );
    expect(event).toMatchObject({
      type: 'Warning',
      regarding: { kind: 'Pod', namespace: 'shop', name: 'hooked' },
    });
    const shown = await rig.kubectl('describe', 'pod', '-n', 'shop', 'hooked');
    expect(shown).toMatch(/Warning\s+pod-call-not-led/);
    expect(shown).toContain('the postStart hook of container app is a tcpSocket');
  });

  it('case 06: tells on the Service that a port goes around the mesh, by an Event', async () => {
    const event = await until(
      async () => {
        const all = await rig.admin.list<EventObject>(
          kinds.event,
          { namespace: 'shop' },
          rig.signal,
        );
        return all.find(({ reason }) => reason === 'service-port-unsupported');
      },
      { withinMs: 60_000 },
    );
    const { metadata } = await rig.get<KubernetesObject>(kinds.service, 'dns');
    expect(event).toMatchObject({
      type: 'Normal',
      regarding: { kind: 'Service', namespace: 'shop', name: 'dns', uid: metadata.uid },
    });
    const shown = await rig.kubectl('describe', 'service', '-n', 'shop', 'dns');
    expect(shown).toMatch(/Normal\s+service-port-unsupported/);
    expect(shown).toContain('port 53 is UDP');
  });
});

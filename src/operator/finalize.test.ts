import { describe, expect, it } from '@jest/globals';
import { makeMeshConfig } from '../../test/support/builders/make-mesh-config.ts';
import { type CertificateReport, formatReport, reportKey } from '../api/certificate-report.ts';
import type { ConfigMap, KubernetesObject } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { kinds, type Kind } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import { silentLogger } from '../common/logger.ts';
import type { ApiClient, ObjectRef } from '../kubernetes/api-client.ts';
import type { Occurrence } from '../kubernetes/events.ts';
import { finalize, type Leaving } from './finalize.ts';
import type { Owned, Removal } from './prune.ts';

const deletedAt = Date.parse('2026-01-01T00:00:00Z');
const signal = new AbortController().signal;

function owned(kind: Kind): Owned {
  const metadata = { name: 'x', uid: `uid-${kind.kind}` };
  return { kind, object: { apiVersion: 'v1', kind: kind.kind, metadata } };
}

const all = [
  kinds.role,
  kinds.serviceAccount,
  kinds.deployment,
  kinds.mutatingWebhookConfiguration,
].map(owned);

/** A cluster in which some kinds cannot be removed and some pods do not end. */
class Cluster {
  readonly removed: string[] = [];
  readonly stubborn: ReadonlySet<Kind>;
  readonly pods: readonly string[];
  broken = false;
  /** What the control plane says so many seconds after the deletion. */
  report: (seconds: number) => Partial<CertificateReport> | undefined = () => undefined;
  readonly recorded: Occurrence[] = [];
  owned: readonly Owned[] = all;

  constructor({ stubborn = [] as readonly Kind[], pods = [] as readonly string[] } = {}) {
    this.stubborn = new Set(stubborn);
    this.pods = pods;
  }

  remove(removals: readonly Removal[]): Promise<void> {
    if (this.broken) return Promise.reject(new WeftError('api-unavailable', 'away'));
    for (const { ref } of removals) {
      this.removed.push(ref.kind.kind);
      if (!this.stubborn.has(ref.kind)) {
        this.owned = this.owned.filter(({ kind }) => kind !== ref.kind);
      }
    }
    return Promise.resolve();
  }

  get client(): ApiClient {
    const object = (name: string): KubernetesObject => ({
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { name, namespace: 'weft-system' },
    });
    const some = {
      list: (kind: Kind) => Promise.resolve(kind === kinds.pod ? this.pods.map(object) : []),
      remove: (ref: ObjectRef) => {
        if (this.broken) return Promise.reject(new WeftError('api-unavailable', 'away'));
        this.removed.push(`${ref.kind.kind} ${ref.name}`);
        return Promise.resolve();
      },
    };
    return some as unknown as ApiClient;
  }
}

const meshConfig = makeMeshConfig();
const nobody = { step: 1, acknowledged: 0, total: 0, waiting: [] };
const nothing: CertificateReport = {
  ...{ step: 1, complete: true, roots: {}, bootstraps: undefined },
  ...{ trust: nobody, leaves: nobody, channel: nobody },
  health: { held: 0, waiting: 0 },
};

function reported(some: Partial<CertificateReport> | undefined): ConfigMap | undefined {
  if (some === undefined) return undefined;
  const data = { [reportKey]: formatReport({ ...nothing, ...some }) };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'weft-certificates' }, data };
}

/** Goes on until it is done; the seconds since the deletion. */
async function play(cluster: Cluster, of: MeshConfig | undefined = meshConfig): Promise<number> {
  const leaving: Leaving = { namespace: 'weft-system', meshConfig: of, since: deletedAt };
  let now = deletedAt;
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
  const deps = {
    client: cluster.client,
    watched: {
      get owned() {
        return cluster.owned;
      },
      get certificates() {
        return reported(cluster.report((now - deletedAt) / 1000));
      },
    },
    applier: {
      remove: (removals: readonly Removal[]) => cluster.remove(removals),
      forget: () => undefined,
    },
    events: { record: (occurrence: Occurrence) => void cluster.recorded.push(occurrence) },
    clock,
    logger: silentLogger,
  };
  for (;;) {
    const again = await finalize(leaving, deps, signal);
    if (again === undefined) return (now - deletedAt) / 1000;
    now += again;
  }
}

describe('finalize', () => {
  it('removes webhooks, then what runs, then rights, then traces', async () => {
    const cluster = new Cluster();
    expect(await play(cluster)).toBe(0);
    expect(cluster.removed).toEqual([
      'MutatingWebhookConfiguration',
      'Deployment',
      'ServiceAccount',
      'Role',
      'ConfigMap weft-ca-bundle',
      'ConfigMap weft-proxies',
      'ConfigMap weft-certificates',
      'Lease weft-control-plane',
    ]);
  });

  it.each<readonly [string, Cluster, number]>([
    ['a webhook that stays', new Cluster({ stubborn: [kinds.mutatingWebhookConfiguration] }), 50],
    ['a pod that stays', new Cluster({ pods: ['stuck'] }), 45],
    ['rights that stay', new Cluster({ stubborn: [kinds.role] }), 50],
  ])('does not wait for ever for %s', async (_, cluster, seconds) => {
    expect(await play(cluster)).toBe(seconds);
    expect(cluster.removed).toContain('Deployment');
    expect(cluster.removed).toContain('ConfigMap weft-ca-bundle');
  });

  it('ends within a minute when nothing can be removed at all', async () => {
    const cluster = new Cluster();
    cluster.broken = true;
    expect(await play(cluster)).toBe(60);
  });

  it('takes the rights away only after the pods are gone or given up', async () => {
    const cluster = new Cluster({ pods: ['stuck'] });
    await play(cluster);
    expect(cluster.removed.indexOf('Role')).toBeGreaterThan(cluster.removed.indexOf('Deployment'));
  });
});

describe("finalize with an ingress gateway's Secret", () => {
  const secret = { namespace: 'edge', name: 'gateway-cert' };
  const gateway = { ...secret, trustedStep: 1, signerStep: 1 };
  const trouble = { code: 'api-rejected', message: 'it is forbidden', since: deletedAt };
  const subjectAltNames = ['a.example'] as const;
  const ingressGateway = { subjectAltNames, validityDuration: '1h', secret };
  const asking = makeMeshConfig({ spec: { certificate: { ingressGateway } } });
  const silent = 'the control plane did not report that it removed it';

  it('leaves the control plane the time to remove it, when the webhooks are gone', async () => {
    const cluster = new Cluster();
    const removed: string[][] = [];
    cluster.report = (seconds) => {
      removed.push([...cluster.removed]);
      return seconds < 3 ? { gateway } : { released: true };
    };
    expect(await play(cluster, asking)).toBe(3);
    expect(removed.at(-1)).toEqual(['MutatingWebhookConfiguration']);
    expect(cluster.recorded).toEqual([]);
  });

  it.each([
    {
      ...{ what: 'that cannot be removed', of: asking, why: trouble.message },
      report: { gateway: { ...gateway, trouble } },
    },
    {
      what: 'that the control plane does not remove',
      of: asking,
      report: { gateway },
      why: silent,
    },
    { what: 'of which no report speaks', of: asking, report: {}, why: silent },
    { what: 'that is not asked for any more', of: meshConfig, report: { gateway }, why: silent },
  ])('goes on after ten seconds without one $what, and says so once', async (one) => {
    const { of, report, why } = one;
    const cluster = new Cluster();
    cluster.report = () => report;
    expect(await play(cluster, of)).toBe(10);
    expect(cluster.removed).toContain('Deployment');
    const note = `Secret edge/gateway-cert of the ingress gateway may be left: ${why}. Delete it yourself.`;
    expect(cluster.recorded).toMatchObject([
      { type: 'Warning', reason: 'GatewaySecretLeft', note },
    ]);
    expect(cluster.recorded).toHaveLength(1);
  });

  it('says so once while the pods take their time', async () => {
    const cluster = new Cluster({ pods: ['stuck'] });
    cluster.report = () => ({ gateway });
    expect(await play(cluster, asking)).toBe(45);
    expect(cluster.recorded).toHaveLength(1);
  });

  it.each<readonly [string, MeshConfig, Partial<CertificateReport> | undefined]>([
    ['no control plane ever reported', asking, undefined],
    ['none was asked for or written', meshConfig, {}],
    ['it is gone already', asking, { released: true }],
  ])('does not wait when %s', async (_, of, report) => {
    const cluster = new Cluster();
    cluster.report = () => report;
    expect(await play(cluster, of)).toBe(0);
    expect(cluster.recorded).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MeshConfig } from '../../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../api/gen/mesh-root-certificate.ts';
import { silentLogger } from '../../common/logger.ts';
import { PlanFollower } from './plan-follower.ts';

type Status = NonNullable<MeshRootCertificate['status']>;

function makeRecord(
  name: string,
  status: Status = {},
  trustDomain = 'cluster.local',
): MeshRootCertificate {
  return {
    apiVersion: 'config.openservicemesh.io/v1alpha2',
    kind: 'MeshRootCertificate',
    metadata: { name, namespace: 'weft-system' },
    spec: {
      role: 'active',
      trustDomain,
      provider: {
        tresor: { ca: { secretRef: { name: `ca-of-${name}`, namespace: 'weft-system' } } },
      },
    },
    status,
  };
}

const both = { signer: 'old', serverSigner: 'old', trusted: ['old', 'new'] };

describe('the plan that a replica follows', () => {
  let records: Map<string, MeshRootCertificate>;
  let synced: boolean;
  let meshConfig: MeshConfig;
  let follower: PlanFollower;
  let changed: (() => void)[];
  let over: AbortController;

  const setPlan = (plan: Readonly<Record<string, unknown>> & { step: number }): void => {
    const { step } = plan;
    const whole = { signerStep: step, serverStep: step, trustedStep: step, ...plan };
    meshConfig = { ...meshConfig, status: { certificate: { plan: whole } } } as MeshConfig;
  };
  const setRecords = (...all: readonly MeshRootCertificate[]): void => {
    records = new Map(all.map((one) => [`weft-system/${one.metadata.name}`, one]));
  };

  beforeEach(() => {
    records = new Map();
    synced = true;
    meshConfig = {
      apiVersion: 'config.openservicemesh.io/v1alpha2',
      kind: 'MeshConfig',
      metadata: { name: 'osm-mesh-config', namespace: 'weft-system' },
      spec: {},
    };
    changed = [];
    const follow = (callback: () => void): (() => void) => {
      changed.push(callback);
      return () => undefined;
    };
    follower = new PlanFollower({
      meshConfig: {
        get value() {
          return meshConfig.spec;
        },
        get found() {
          return meshConfig;
        },
        follow,
      },
      records: {
        get objects() {
          return records;
        },
        get synced() {
          return synced;
        },
        subscribe: (callback) => follow(() => callback([])),
        whenSynced: () => new Promise(() => undefined),
      },
      logger: silentLogger,
    });
    over = new AbortController();
    void follower.run(over.signal);
  });
  afterEach(() => over.abort());

  /** Tells of a change; returns whether the plan is another one then. */
  function update(): boolean {
    const before = follower.value;
    for (const callback of changed) callback();
    return follower.value !== before;
  }

  it('is the spec alone while there is no plan', () => {
    expect(update()).toBe(true);
    expect(follower.value).toMatchObject({
      step: 0,
      signer: {
        name: 'weft-root-1',
        root: { provider: { kind: 'builtIn', secretName: 'weft-ca' } },
      },
    });
    expect(update()).toBe(false);
  });

  it('waits for the list of roots', () => {
    synced = false;
    expect(update()).toBe(false);
  });

  it('waits for the operator when a root says that there was a plan', () => {
    setRecords(makeRecord('old', { state: 'issuing', roots: 'PEM' }));
    expect(update()).toBe(false);
    expect(follower.value).toBeUndefined();
  });

  it('resolves the names of a plan, with what was pinned for each', () => {
    setRecords(
      makeRecord('old', { roots: 'OLD' }),
      makeRecord('new', { roots: 'NEW' }, 'b.example'),
    );
    setPlan({ step: 3, ...both, candidate: 'new' });
    expect(update()).toBe(true);
    expect(follower.value).toMatchObject({
      ...{ step: 3, signerStep: 3, signer: { name: 'old', pinned: 'OLD' } },
      trusted: [
        { pinned: 'OLD', root: { trustDomain: 'cluster.local' } },
        { pinned: 'NEW', root: { trustDomain: 'b.example' } },
      ],
      candidate: { name: 'new' },
    });
  });

  it('stays as it is while a root of the next one is not there, or not pinned', () => {
    setRecords(makeRecord('old', { roots: 'OLD' }));
    setPlan({ step: 2, signer: 'old', serverSigner: 'old', trusted: ['old'] });
    expect(update()).toBe(true);
    const before = follower.value;
    setPlan({ step: 3, ...both });
    expect(update()).toBe(false);
    setRecords(makeRecord('old', { roots: 'OLD' }), makeRecord('new'));
    expect(update()).toBe(false);
    expect(follower.value).toBe(before);
  });

  it('never goes back, nor signs with an untrusted root', () => {
    setRecords(makeRecord('old', { roots: 'OLD' }), makeRecord('new', { roots: 'NEW' }));
    setPlan({ step: 3, ...both });
    update();
    setPlan({ step: 2, signer: 'old', serverSigner: 'old', trusted: ['old'] });
    expect(update()).toBe(false);
    setPlan({ step: 4, signer: 'new', serverSigner: 'old', trusted: ['old'] });
    expect(update()).toBe(false);
    expect(follower.value?.step).toBe(3);
  });
});

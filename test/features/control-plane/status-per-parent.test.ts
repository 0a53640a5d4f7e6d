import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { controllerName } from '../../../src/api/control-plane-names.ts';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { reflect, type Reflector } from '../../../src/kubernetes/reflector.ts';
import { parentsStatus } from '../../../src/status/per-parent-status.ts';
import { StatusWriter } from '../../../src/status/status-writer.ts';
import type { PolicyObject } from '../../../src/status/kept-status.ts';
import {
  type FaultyApiRig,
  startFaultyApiRig,
} from '../../support/api-server/faulty-api-server.ts';
import { guestKind } from '../../support/api-server/guest-kind.ts';
import { wanted } from '../../support/builders/status-story.ts';
import { until } from '../../support/time/until.ts';

interface Entry {
  readonly parentRef: { readonly name: string };
  readonly controllerName: string;
  readonly conditions: readonly { readonly type: string; readonly status: string }[];
}
interface Guest extends KubernetesObject {
  readonly spec: { readonly parentRefs: readonly { readonly name: string }[] };
  readonly status?: { readonly parents?: readonly Entry[] };
}

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
/** As RouteStatus of the Gateway API has it: one list for all controllers, replaced as a whole. */
const parents = {
  type: 'array',
  maxItems: 32,
  'x-kubernetes-list-type': 'atomic',
  items: anything,
};
const { guest, definitions, definition } = guestKind(`parents-${String(process.pid)}.weft.test`, {
  spec: anything,
  status: { type: 'object', properties: { parents } },
});

const options = { fieldManager: 'test' };
const foreign = {
  parentRef: { name: 'gateway' },
  controllerName: 'example.com/other',
  conditions: [{ type: 'Accepted', status: 'True' }],
};

describe('a status with an entry for each parent, on the real API server', () => {
  let rig: FaultyApiRig;
  let reflector: Reflector<PolicyObject>;
  const ref = (): { kind: typeof guest; name: string; namespace: string } => {
    return { kind: guest, name: 'route', namespace: rig.namespace };
  };
  const entries = async (): Promise<readonly string[]> => {
    const found = await rig.direct.get<Guest>(ref(), rig.signal);
    return (found?.status?.parents ?? []).map(
      (entry) =>
        `${entry.controllerName} ${entry.parentRef.name} ${entry.conditions[0]?.status ?? ''}`,
    );
  };
  const applySpec = async (...names: readonly string[]): Promise<void> => {
    const spec = { parentRefs: names.map((name) => ({ name })) };
    const metadata = { name: 'route', namespace: rig.namespace };
    const object = { apiVersion: `${guest.group}/v1`, kind: 'Guest', metadata, spec };
    const put = (): Promise<boolean> =>
      rig.direct.apply(guest, object, options, rig.signal).then(
        () => true,
        () => false,
      );
    await until(put, { withinMs: 20_000 });
  };

  beforeAll(async () => {
    rig = await startFaultyApiRig(`parents-${String(process.pid)}`);
    await rig.direct.apply(definitions, definition, options, rig.signal);
    await applySpec('web', 'shop');
    const transform = (object: PolicyObject): PolicyObject => {
      const { metadata, spec } = object as PolicyObject & Pick<Guest, 'spec'>;
      const status = parentsStatus.keep(object);
      const kept = { apiVersion: object.apiVersion, kind: object.kind, metadata, spec };
      return status === undefined ? kept : { ...kept, status };
    };
    const deps = { clock: systemClock, random: Math.random, log: silentLogger };
    reflector = reflect<PolicyObject>(rig.direct, guest, { transform, ...deps });
    void reflector.run(rig.signal);
    await reflector.whenSynced(rig.signal);
  }, 60_000);
  afterAll(() => rig.stop());

  it('keeps the entries of other controllers, follows the parents, and is written no more than needed', async () => {
    let writes = 0;
    const writer = new StatusWriter({
      ...{ client: rig.direct, clock: systemClock, logger: silentLogger },
      wanted: () =>
        [...reflector.objects.values()].map((object) => ({
          ...{ kind: guest, object, shape: parentsStatus },
          status: wanted,
        })),
      onWritten: () => (writes += 1),
    });
    const over = new AbortController();
    const status = { status: { parents: [foreign] } };
    await rig.direct.merge(ref(), { value: status, subresource: 'status' }, rig.signal);
    const running = writer.run(over.signal);
    const other = 'example.com/other gateway True';
    await until(async () => (await entries()).length === 3, { withinMs: 20_000 });
    expect(await entries()).toEqual([
      other,
      `${controllerName} web True`,
      `${controllerName} shop True`,
    ]);
    const wantedOf = (): readonly boolean[] =>
      [...reflector.objects.values()].map((object) =>
        parentsStatus.isUpToDate(wanted, object.status ?? {}, object),
      );
    await until(() => wantedOf().join() === 'true', { withinMs: 20_000 });
    writer.trigger();
    expect(writes).toBe(1);

    await applySpec('web');
    await until(() => wantedOf().join() === 'false', { withinMs: 20_000 });
    writer.trigger();
    await until(async () => (await entries()).length === 2, { withinMs: 20_000 });
    expect(await entries()).toEqual([other, `${controllerName} web True`]);
    over.abort();
    await running;
    expect(writes).toBe(2);
  }, 60_000);

  it('is refused when another controller wrote in between, and then written on the newest list', async () => {
    const latest = await rig.direct.get<PolicyObject>(ref(), rig.signal);
    const object = latest ?? fail();
    // Another controller writes right after Weft's read.
    const get: ApiClient['get'] = async <T extends KubernetesObject>() => {
      const read = await rig.direct.get<T>(ref(), rig.signal);
      const value = { status: { parents: [{ ...foreign, parentRef: { name: 'late' } }] } };
      await rig.direct.merge(ref(), { value, subresource: 'status' }, rig.signal);
      return read;
    };
    const merge: ApiClient['merge'] = (...call) => rig.direct.merge(...call);
    const client = { get, merge } as ApiClient;
    const since = { lastTransitionTime: '2026-01-01T00:00:00Z' };
    const status = { ...wanted, conditions: wanted.conditions.map((c) => ({ ...c, ...since })) };
    const racing = { client, kind: guest, object };
    await expect(parentsStatus.write(racing, status, rig.signal)).rejects.toMatchObject({
      code: 'api-conflict',
    });
    await parentsStatus.write({ ...racing, client: rig.direct }, status, rig.signal);
    expect(await entries()).toEqual(['example.com/other late True', `${controllerName} web True`]);
  }, 30_000);
});

function fail(): never {
  throw new Error('the object is gone');
}

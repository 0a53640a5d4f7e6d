import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConfigMap } from '../../../src/api/core.ts';
import { type Kind, kinds } from '../../../src/api/kinds.ts';
import { apiStatusOf } from '../../../src/kubernetes/api-failure.ts';
import type { ObjectRef } from '../../../src/kubernetes/api-client.ts';
import { connect } from '../../../src/kubernetes/connect.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';
import {
  type FaultyApiRig,
  makeConfigMap,
  startFaultyApiRig,
} from '../../support/api-server/faulty-api-server.ts';

let rig: FaultyApiRig;

beforeAll(async () => {
  rig = await startFaultyApiRig(`client-${String(process.pid)}`);
});

afterAll(() => rig.stop());

const at = (name: string): ObjectRef => ({ kind: kinds.configMap, namespace: rig.namespace, name });
const fieldManager = 'test';

describe('the API client', () => {
  it('creates, gets, lists and removes', async () => {
    const made = makeConfigMap(rig.namespace, 'one', { a: '1' });
    const { direct, signal } = rig;
    expect(await direct.get(at('one'), signal)).toBeUndefined();
    const created = await direct.create(kinds.configMap, made, signal);
    expect(created.metadata.uid).toBeDefined();
    await expect(direct.create(kinds.configMap, made, signal)).rejects.toMatchObject({
      code: 'api-conflict',
    });
    const list = await direct.list<ConfigMap>(
      kinds.configMap,
      { namespace: rig.namespace, fieldSelector: 'metadata.name=one' },
      signal,
    );
    expect(list).toMatchObject([{ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } }]);
    await direct.remove(at('one'), {}, signal);
    await direct.remove(at('one'), {}, signal);
    expect(await direct.get(at('one'), signal)).toBeUndefined();
  });

  it('applies as one of several field managers', async () => {
    const { direct, signal, namespace } = rig;
    const ours = makeConfigMap(namespace, 'shared', { ours: '1' });
    await direct.apply(kinds.configMap, ours, { fieldManager }, signal);
    const theirs = makeConfigMap(namespace, 'shared', { theirs: '1' });
    const both = await direct.apply(kinds.configMap, theirs, { fieldManager: 'other' }, signal);
    expect(both.data).toEqual({ ours: '1', theirs: '1' });
    const taken = makeConfigMap(namespace, 'shared', { theirs: '2' });
    const apply = (force: boolean): Promise<ConfigMap> =>
      direct.apply(kinds.configMap, taken, { fieldManager, force }, signal);
    await expect(apply(false)).rejects.toMatchObject({ code: 'api-conflict' });
    // What we no longer name is no longer ours: it goes.
    expect((await apply(true)).data).toEqual({ theirs: '2' });
  });

  it('merges, with a resourceVersion as precondition', async () => {
    const { direct, signal, namespace } = rig;
    const made = await direct.create(kinds.configMap, makeConfigMap(namespace, 'merged'), signal);
    const { resourceVersion } = made.metadata;
    const value = { metadata: { resourceVersion }, data: { a: '1' } };
    expect((await direct.merge<ConfigMap>(at('merged'), { value }, signal)).data).toEqual({
      a: '1',
    });
    const again = { ...value, data: { a: '2' } };
    await expect(direct.merge(at('merged'), { value: again }, signal)).rejects.toMatchObject({
      code: 'api-conflict',
    });
  });

  it('does not remove the successor of the object it means', async () => {
    const { direct, signal, namespace } = rig;
    const old = await direct.create(kinds.configMap, makeConfigMap(namespace, 'heir'), signal);
    await direct.remove(at('heir'), { uid: old.metadata.uid ?? '' }, signal);
    const heir = await direct.create(kinds.configMap, makeConfigMap(namespace, 'heir'), signal);
    await direct.remove(at('heir'), { uid: old.metadata.uid ?? '' }, signal);
    expect((await direct.get(at('heir'), signal))?.metadata.uid).toBe(heir.metadata.uid);
  });

  it('tells refusals apart by code', async () => {
    const { direct, signal, namespace } = rig;
    const bad = makeConfigMap(namespace, 'not a name');
    const refused = direct.create(kinds.configMap, bad, signal);
    await expect(refused).rejects.toMatchObject({ code: 'api-rejected', retry: 'never' });
    expect(apiStatusOf(await refused.catch((error: unknown) => error))).toMatchObject({
      status: 422,
      reason: 'Invalid',
    });
    const unknown: Kind = { ...kinds.configMap, group: 'nowhere.example', plural: 'things' };
    await expect(direct.get({ ...at('x'), kind: unknown }, signal)).rejects.toMatchObject({
      code: 'api-not-found',
      retry: 'soon',
    });
    await expect(
      direct.create(kinds.configMap, makeConfigMap('no-such-place', 'x'), signal),
    ).rejects.toMatchObject({ code: 'api-not-found' });
  });

  it('reads a path as text', async () => {
    const keys: unknown = JSON.parse(await rig.direct.read('/openid/v1/jwks', rig.signal));
    expect(keys).toHaveProperty('keys');
  });

  it('tries again when the server was too busy, as long as it asks', async () => {
    rig.proxy.plan('other', { kind: 'answer', status: 429, retryAfter: 1 });
    const since = performance.now();
    const made = makeConfigMap(rig.namespace, 'patient');
    await rig.shaky.create(kinds.configMap, made, rig.signal);
    expect(performance.now() - since).toBeGreaterThan(950);
    rig.proxy.plan('other', { kind: 'refuse' }, 2);
    expect(await rig.shaky.get(at('patient'), rig.signal)).toBeDefined();
    rig.proxy.plan('other', { kind: 'answer', status: 429, retryAfter: 60 });
    await expect(rig.shaky.get(at('patient'), rig.signal)).rejects.toMatchObject({
      code: 'api-unavailable',
      retry: 'soon',
    });
  });

  it('reports a server that does not answer, and ends with its signal', async () => {
    rig.proxy.plan('other', { kind: 'slow', ms: 5000 });
    const over = new AbortController();
    const waiting = rig.shaky.get(at('x'), over.signal);
    over.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    rig.proxy.clearPlans();
    const client = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
    expect(client.server).toBe(sharedApiServer().url);
    await client.close();
  });
});

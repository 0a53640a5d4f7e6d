import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { kinds } from '../../../src/api/kinds.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { injector } from '../../support/operator/mesh-objects.ts';
import {
  getObject,
  namespace,
  playControlPlane,
  operatorRigOfFile,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { letPass } from '../../support/time/let-pass.ts';
import { msUntil, until } from '../../support/time/until.ts';

// A user who uninstalls does not read the order first. Here Kubernetes' own controllers for namespaces and for
// objects without an owner run, and nothing that answers webhooks: so pods of the mesh are refused as long as
// the mesh is there, and must not be once it is gone. test/e2e/uninstall.ts does the same with a node.

jest.setTimeout(180_000);

const controllers = ['namespace', 'garbage-collector', 'serviceaccount'].map(
  (it) => `${it}-controller`,
);
const rig = operatorRigOfFile(() => Promise.resolve(), { controllers });
const boundMs = 120_000;
/** Until pods can be made again, where nothing has to end before. */
const soonMs = 30_000;
/** The same where Kubernetes' garbage collector has to do it: it learns of new kinds every 30 s. */
const collectedMs = 60_000;
/** The collector knows the kinds of an install that is that old. */
const learntMs = 35_000;

const meshed = 'c22';
let pods = 0;

/** What the API server says to a new pod of the mesh: `made`, or why not. */
async function tryPod(): Promise<string> {
  pods += 1;
  const pod = {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: { name: `web-${pods}`, namespace: meshed },
    spec: { containers: [{ name: 'web', image: 'web:1' }] },
  };
  try {
    await rig().admin.create(kinds.pod, pod, rig().signal);
    return 'made';
  } catch (error) {
    return WeftError.from(error).message;
  }
}

/** The milliseconds until pods of the mesh can be made. */
const delay = (): Promise<number> =>
  msUntil(tryPod, { holds: (answer) => answer === 'made', withinMs: boundMs });

/** What is left of an install in the whole cluster, in words. */
async function left(): Promise<string[]> {
  const cluster = ['crd', 'clusterrole', 'clusterrolebinding', 'namespace'];
  const admission = [
    ...['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'],
    ...['validatingadmissionpolicy', 'validatingadmissionpolicybinding'],
  ];
  const all = [...cluster, ...admission].join(',');
  const text = await rig().kubectl('get', all, '-o', 'name');
  return text.split('\n').filter((line) => /weft|openservicemesh|smi-spec/.test(line));
}

const policies = ['traffictargets', 'httproutegroups', 'tcproutes', 'trafficsplits'];

/**
 * Lists every kind of policy, as the control plane does while a mesh is there. An API server that was never
 * asked for a kind begins to read its objects when the kind is deleted, and waits longer each time that it
 * finds itself not ready: on a busy machine for minutes.
 */
async function everyKindIsServed(): Promise<void> {
  const list = (): Promise<string> => rig().kubectl('get', policies.join(','), '-A');
  await until(list, { withinMs: boundMs });
}

async function remove(...args: readonly string[]): Promise<void> {
  await rig().kubectl('delete', '--wait=false', '--ignore-not-found', ...args);
}

const gone = async (what: RegExp): Promise<void> => {
  let there: readonly string[] = [];
  const theRest = async (): Promise<readonly string[]> => {
    there = (await left()).filter((line) => what.test(line));
    return there;
  };
  const why = (): Promise<string> => {
    const path = '-o=jsonpath={..metadata.name}: {..metadata.finalizers} {..status.conditions}';
    return rig()
      .kubectl('get', ...there, path)
      .catch(String);
  };
  // Each look is a kubectl of its own.
  const patience = { withinMs: boundMs, pauseMs: 250, seen: why };
  await until(theRest, { ...patience, holds: ({ length }) => length === 0 });
};

/** Every object of config/default, as `kind name [-n namespace]`. */
async function installed(): Promise<readonly string[][]> {
  const format =
    '{range .items[*]}{.kind}.{.apiVersion} {.metadata.name} {.metadata.namespace}{"\\n"}{end}';
  const text = await rig().kubectl('get', '-k', 'config/default', '-o', `jsonpath=${format}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [kind = '', of = '', within = ''] = line.trim().split(' ');
      const plain = kind.split('.')[0] ?? '';
      return [plain, of, ...(within === '' ? [] : ['-n', within])];
    });
}

describe('case 22: what is uninstalled in any order is gone within two minutes, and refuses no pod', () => {
  beforeEach(async () => {
    await rig().install();
    await everyKindIsServed();
    rig().startOperator();
    await rig().kubectlApply(
      JSON.stringify({
        ...{ apiVersion: 'v1', kind: 'Namespace' },
        metadata: { name: meshed, labels: { 'openservicemesh.io/monitored-by': 'osm' } },
      }),
    );
    await rig().kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await playControlPlane(rig());
    await untilCondition(rig(), 'Ready=True/Ready');
    await until(async () => (await tryPod()).includes('failed calling webhook'));
  });
  afterEach(async () => {
    await rig().stopOperator();
    await remove('-k', 'config/default');
    await gone(/./);
  });

  it('the namespace first, which takes the operator with it', async () => {
    await rig().stopOperator();
    await remove('namespace', namespace);
    await gone(/namespace\/weft|webhookconfiguration|clusterrole.*weft-control-plane/);
    expect(await tryPod()).toBe('made');
  });

  it('the namespace first, while the operator still works', async () => {
    await remove('namespace', namespace);
    expect(await delay()).toBeLessThan(soonMs);
    await gone(/namespace\/weft|webhookconfiguration/);
  });

  it('the operator first, then the MeshConfig: nothing waits for one that is not there', async () => {
    await rig().stopOperator();
    await rig().kubectl('delete', 'deployment', '--all', '-n', namespace);
    expect(await tryPod()).toContain('failed calling webhook');
    const which = ['meshconfig', 'osm-mesh-config', '-n', namespace];
    await rig().kubectl('delete', ...which, '--timeout=10s');
    expect(await delay()).toBeLessThan(collectedMs);
  });

  it.each([
    ['works', true],
    ['is gone', false],
  ])('the kinds first, while the operator %s', async (_, works) => {
    if (!works) {
      await letPass(
        learntMs,
        'a collector that never knew a kind takes nothing of it when it is gone',
      );
      await rig().stopOperator();
    }
    await remove('-k', 'config/crd');
    await gone(/crd|customresourcedefinition/);
    expect(await delay()).toBeLessThan(soonMs);
    if (works) await gone(/webhookconfiguration/);
  });

  it('the MeshConfig first, as the docs say', async () => {
    const which = ['meshconfig', 'osm-mesh-config', '-n', namespace];
    await rig().kubectl('delete', ...which, '--timeout=10s');
    expect(await delay()).toBeLessThan(soonMs);
    await until(() => getObject(rig(), kinds.deployment), {
      holds: (answer) => answer === undefined,
      withinMs: soonMs,
    });
    expect(await getObject(rig(), kinds.mutatingWebhookConfiguration, injector)).toBeUndefined();
  });

  it('all at once', async () => {
    await rig().stopOperator();
    await rig().kubectl('delete', '-k', 'config/default', '--timeout=120s');
    await gone(/./);
    expect(await tryPod()).toBe('made');
  });

  it.each(['background', 'foreground'])(
    'one by one from the last to the first, as a prune may, in the %s',
    async (cascade) => {
      await rig().stopOperator();
      for (const one of (await installed()).toReversed())
        await remove(...one, `--cascade=${cascade}`);
      await gone(/./);
      expect(await tryPod()).toBe('made');
    },
  );
});

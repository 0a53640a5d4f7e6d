import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { kinds } from '../../../src/api/kinds.ts';
import type { CertificateStatus } from '../../../src/cli/certificate-status.ts';
import type { StoryName } from '../../support/stories/certificate-stories.ts';
import { makeMeshConfig } from '../../support/builders/make-mesh-config.ts';
import {
  clear,
  namespace,
  type CliRig,
  setStatus,
  startCliRig,
  tell,
  storyOf,
  write,
} from '../../support/cli/program-on-api-server.ts';
import { wayToTheCluster } from './way-to-the-cluster.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(60_000);

let rig: CliRig;
/** The kubeconfig of a user with the documented rights, and no others. */
let reader: string;

beforeAll(async () => {
  rig = await startCliRig();
  reader = await rig.account('reader');
});
afterAll(() => rig.stop());

/** Lets a ServiceAccount do what a ClusterRole says, in the namespace of the mesh. */
async function bind(account: string, role: string): Promise<void> {
  const subject = `--serviceaccount=${namespace}:${account}`;
  await rig.kubectl(
    ...['create', 'rolebinding', `${account}-${role}`, '-n', namespace],
    ...[`--clusterrole=${role}`, subject],
  );
}

async function statusOf(kubeconfig = reader): Promise<CertificateStatus & { code: number | null }> {
  const { code, out } = await rig.weft(kubeconfig, ['-o', 'json']);
  return { ...(JSON.parse(out) as CertificateStatus), code };
}

describe('where there is no status to show', () => {
  it('a cluster without Weft: how to install it', async () => {
    const { code, out, complaint } = await rig.weft(rig.server.kubeconfigPath);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(complaint).toMatch(/^This cluster does not know MeshConfigs: Weft is not installed/);
    expect(complaint).toContain('kubectl apply -k config/default');
  });

  it('the user has no rights yet: names the missing right', async () => {
    await rig.kubectl('apply', '-k', 'config/crd');
    await rig.kubectl('wait', '--for=condition=Established', '--timeout=20s', 'crd', '--all');
    const { code, complaint } = await rig.weft(reader);
    expect(code).toBe(1);
    expect(complaint).toMatch(
      /^You may not list meshconfigs\.config\.openservicemesh\.io in namespace weft-system\.\n/,
    );
    expect(complaint).toContain('config/samples/cli-reader-role.yaml');
    await rig.kubectl('apply', '-f', 'config/samples/cli-reader-role.yaml');
    await bind('reader', 'weft-certificate-reader');
  });

  it('no MeshConfig: how to create one', async () => {
    const { code, complaint } = await rig.weft(reader);
    expect(code).toBe(1);
    expect(complaint).toMatch(/^There is no MeshConfig in namespace weft-system,/);
    expect(complaint).toContain('kubectl apply -n weft-system -f config/samples/meshconfig.yaml');
  });

  it('a MeshConfig in another namespace: its name, to a user who may see it', async () => {
    await tell(rig, storyOf('no status yet'));
    const { code, complaint } = await rig.weft(rig.server.kubeconfigPath, ['-n', 'elsewhere']);
    expect(code).toBe(1);
    expect(complaint).toMatch(
      /^There is no MeshConfig in namespace elsewhere, but there is weft-system\/osm-mesh-config\.\n/,
    );
    expect(complaint).toContain('weft certificate status -n weft-system');
  });
});

describe('with the documented rights', () => {
  const table: readonly (readonly [StoryName, number, string])[] = [
    ['at rest on the built-in authority', 0, 'State      healthy'],
    ['in Preflight', 0, 'Phase      Preflight, 1 of 5, since '],
    ['in DropOld', 0, 'Proxies    7 of 42 acknowledged'],
    ['held by pods that do not answer', 2, 'held       [switch-held] TrustBoth has lasted since '],
    ['a new root that cannot sign', 2, 'held       [root-refused] weft-root-2 cannot be used.'],
    ['no status yet', 1, 'unknown    [no-status] '],
    ['roots of a user', 0, 'corporate-next   passive    validating   vault'],
    ['an authority that stopped signing', 2, 'failing    [leaves-failing] '],
    ['no operator at work', 2, 'held       [operator-away] The operator last reported at '],
    [
      'neither operator nor control plane at work',
      2,
      'failing    [control-plane-away] The control ',
    ],
  ];
  it.each(table)('%s: ends with %d', async (name, code, line) => {
    await tell(rig, storyOf(name));
    const [ended, status] = await Promise.all([rig.weft(reader), statusOf()]);
    expect(ended).toEqual({ code, out: expect.stringContaining(`\n${line}`), complaint: '' });
    expect(status).toMatchObject({ code, mesh: 'osm', meshConfig: 'weft-system/osm-mesh-config' });
  });

  it('JSON has the roots, the switch, the proxies and the leaves', async () => {
    const story = storyOf('in TrustBoth');
    await tell(rig, story);
    const { meshConfig, health } = story;
    expect(await statusOf()).toMatchObject({
      state: 'switching',
      provider: 'builtIn',
      root: 'weft-root-1',
      rootNotAfter: meshConfig.status?.certificate?.rootNotAfter,
      roots: [
        { name: 'weft-root-1', state: 'issuing' },
        { name: 'weft-root-2', state: 'validating' },
      ],
      rotation: { phase: 'TrustBoth', step: 2, acknowledged: 31, total: 42 },
      proxies: { connected: 42, synced: 42, rejected: 0 },
      leaves: { held: 42, waiting: 0 },
    });
    const { leaves } = await statusOf();
    const end = Math.floor((health?.earliestExpiry ?? 0) / 1000) * 1000;
    expect(Date.parse(leaves?.earliestNotAfter ?? '')).toBe(end);
  });

  it('of several MeshConfigs shows the active MeshConfig, and names the others', async () => {
    await tell(rig, storyOf('at rest on the built-in authority'));
    await write(rig, kinds.meshConfig, refusedMeshConfig('a-second'));
    expect(await statusOf()).toMatchObject({
      code: 0,
      meshConfig: 'weft-system/osm-mesh-config',
      problems: [{ severity: 'warning', code: 'another-mesh-config' }],
    });
  });

  it('of several MeshConfigs without a active shows none', async () => {
    await clear(rig);
    for (const name of ['one', 'two']) await write(rig, kinds.meshConfig, refusedMeshConfig(name));
    const { code, complaint } = await rig.weft(reader);
    expect(code).toBe(1);
    expect(complaint).toMatch(
      /^There are several MeshConfigs .* none of them is active: one, two\.\n/,
    );
  });
});

function refusedMeshConfig(name: string): ReturnType<typeof makeMeshConfig> {
  const condition = {
    type: 'Ready',
    status: 'False',
    reason: 'WrongNamespace',
    message: 'A MeshConfig rules only in the namespace of the operator.',
    lastTransitionTime: '2026-11-24T08:00:00Z',
  } as const;
  return makeMeshConfig({ name, status: { conditions: [condition] } });
}

describe('with fewer rights', () => {
  it('without the ConfigMap only the leaves are missing, and that is said', async () => {
    await tell(rig, storyOf('in SignNew'));
    const account = await rig.account('no-report');
    const resources =
      'meshconfigs.config.openservicemesh.io,meshrootcertificates.config.openservicemesh.io';
    await rig.kubectl(
      'create',
      'clusterrole',
      'no-report',
      '--verb=list',
      `--resource=${resources}`,
    );
    await bind('no-report', 'no-report');
    const { code, out } = await rig.weft(account);
    expect(code).toBe(0);
    expect(out).toContain(
      '\nLeaves     not readable: you may not get configmaps weft-certificates in namespace weft-system\n',
    );
  });

  it('without MeshRootCertificates says which right is missing', async () => {
    const account = await rig.account('no-roots');
    const resource = '--resource=meshconfigs.config.openservicemesh.io';
    await rig.kubectl('create', 'clusterrole', 'no-roots', '--verb=list', resource);
    await bind('no-roots', 'no-roots');
    const { code, complaint } = await rig.weft(account, ['-o', 'json']);
    expect(code).toBe(1);
    expect(complaint).toMatch(
      /^You may not list meshrootcertificates\.config\.openservicemesh\.io /,
    );
  });
});

describe('with an older Node', () => {
  it('names what it needs, and calls no server', async () => {
    const older = "Object.defineProperty(process,'versions',{value:{node:'20.20.2'}})";
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${older}` };
    const { code, out, complaint } = await rig.weft(reader, [], env);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(complaint).toMatch(/^weft needs Node 24 or newer, and this is Node 20\.20\.2 /);
  });
});

describe('the way to the cluster', () =>
  wayToTheCluster(
    () => rig,
    () => reader,
  ));

describe('--watch', () => {
  it('follows a switch and ends with Ctrl-C, its exit code that of the last line', async () => {
    await tell(rig, storyOf('in TrustBoth'));
    const { lines, interrupt } = rig.follow(reader, ['-o', 'json']);
    const states = (): readonly unknown[] =>
      lines.map((line) => {
        const { state, rotation } = JSON.parse(line) as CertificateStatus;
        return [state, rotation?.acknowledged];
      });
    await until(() => lines.length === 1);
    const name = 'osm-mesh-config';
    const rotation = { acknowledged: 32 };
    await setStatus(rig, { kind: kinds.meshConfig, name }, { certificate: { rotation } });
    await until(() => lines.length === 2);
    await setStatus(rig, { kind: kinds.meshConfig, name }, { certificate: { rotation: null } });
    await until(() => lines.length === 3);
    expect(states()).toEqual([
      ['switching', 31],
      ['switching', 32],
      ['healthy', undefined],
    ]);
    expect(await interrupt()).toMatchObject({ code: 0, complaint: '' });
  });
});

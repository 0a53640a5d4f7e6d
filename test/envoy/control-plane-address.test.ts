import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { bootstrapFileNames, bootstrapFiles } from '../../src/envoy/bootstrap.ts';
import { envoyBinary } from '../../tools/parts/envoy.ts';
import { makeMeshAuthority } from '../support/certificates/mesh-authority.ts';
import { type PodNetwork, type Wire, layWire } from '../support/envoy/pod-network.ts';
import { until } from '../support/time/until.ts';

jest.setTimeout(60_000);

const port = 15_128;
/** Reports which of its addresses a client called; the name of the control plane does not resolve here. */
const listener = `for (const host of ['127.0.0.1', '127.0.0.2', '::1'])
  require('node:net').createServer((s) => { console.log('called ' + host); s.on('error', () => {}).destroy(); }).listen(${port}, host)`;

describe('a sidecar without a resolver: case 23', () => {
  let wire: Wire;
  let network: PodNetwork;
  let directory: string;
  let root: string;
  let turn = 0;
  const children: ChildProcess[] = [];
  const calledAddresses: string[] = [];

  const start = (command: readonly string[]): void => {
    const [program = '', ...args] = network.command(1000, command);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => calledAddresses.push(text));
    children.push(child);
  };

  /** As the kubelet writes a ConfigMap: a new directory, and a link that is put in its place at once. */
  const mount = async (addresses: readonly string[]): Promise<void> => {
    const paths = { bootstrap: directory, token: directory };
    const where = {
      controlPlane: 'weft.nowhere.svc',
      controlPlanePath: '/x',
      addresses,
      port,
      ipv6: true,
      paths,
    };
    const files = { ...bootstrapFiles(where), [bootstrapFileNames.trust]: root, token: 'token' };
    const version = `..${String((turn += 1))}`;
    await mkdir(join(directory, version));
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(directory, version, name), text);
      if (turn === 1) await symlink(`..data/${name}`, join(directory, name));
    }
    await symlink(version, join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  };
  const called = (host: string): Promise<unknown> =>
    until(() => calledAddresses.join('').includes(`called ${host}`), {
      seen: () => calledAddresses.join(''),
    });

  beforeAll(async () => {
    wire = await layWire();
    network = await wire.pod({ v4: '*nat\nCOMMIT\n', v6: '*nat\nCOMMIT\n' });
    directory = await mkdtemp(join(tmpdir(), 'weft-address-'));
    await chmod(directory, 0o755);
    ({ root } = await makeMeshAuthority());
    start([process.execPath, '-e', listener]);
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await wire.stop();
    await rm(directory, { recursive: true });
  });

  it('calls the address of the Service, and the next one when the Service is recreated', async () => {
    await mount(['127.0.0.1']);
    const config = join(directory, bootstrapFileNames.bootstrap);
    const flags = ['--service-node', 'a/b', '--service-cluster', 'c', '--disable-hot-restart'];
    start([await envoyBinary(), '-c', config, '--concurrency', '1', ...flags]);
    await called('127.0.0.1');
    expect(calledAddresses.join('')).not.toContain('127.0.0.2');
    await mount(['127.0.0.2']);
    await called('127.0.0.2');
  });

  it('tries the other family when the first is silent', async () => {
    await mount(['127.0.0.9', '::1']);
    await called('::1');
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { bootstrapFileNames, bootstrapFiles, mountPaths } from '../../../src/envoy/bootstrap.ts';
import { planSidecar, sidecarContainer } from '../../../src/injector/sidecar.ts';
import { run } from '../../../tools/base/command.ts';
import { createAuthority } from '../../../tools/cluster/authority.ts';
import { envoyBinary } from '../../../tools/parts/envoy.ts';
import { makeAdmittedPod, makeFacts } from '../../support/injector/injection.ts';

it('starts a real Envoy with flags and bootstrap that it accepts', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'weft-test-sidecar-'));
  try {
    const files = bootstrapFiles({
      ...{
        controlPlane: 'weft.weft-system.svc',
        port: 15_128,
        ipv6: true,
        addresses: ['10.96.0.20'],
      },
      controlPlanePath: '/weft/control-plane/weft-system',
      paths: { bootstrap: directory, token: directory },
    });
    const trust = (await createAuthority('mesh')).certificate;
    for (const [name, text] of Object.entries({
      ...files,
      [bootstrapFileNames.trust]: trust,
      token: 't',
    }))
      await writeFile(join(directory, name), text);
    const facts = makeFacts({ sidecar: { logLevel: 'warn', resources: { limits: { cpu: '1' } } } });
    const plan = planSidecar(
      { pod: makeAdmittedPod(), namespace: 'shop', stay: 7, user: 45_678 },
      facts,
    );

    const { args } = sidecarContainer(plan) as { readonly args: readonly string[] };
    const here = args.map((arg) => arg.replace(mountPaths.bootstrap, directory));
    expect(here).not.toEqual(args);
    const output = await run(await envoyBinary(), [...here, '--mode', 'validate']);
    expect(output).toContain('OK');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);

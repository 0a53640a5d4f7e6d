import { expect, it } from '@jest/globals';
import { freePort } from '../../../tools/base/probe.ts';
import {
  authorityOf,
  type CliRig,
  tell,
  storyOf,
} from '../../support/cli/program-on-api-server.ts';

/** How the program finds the API server and which CA it trusts; `reader` is a kubeconfig that is right. */
export function wayToTheCluster(rig: () => CliRig, reader: () => string): void {
  it('no server answers', async () => {
    const server = `https://127.0.0.1:${await freePort()}`;
    const { code, complaint } = await rig().weft(await rig().kubeconfig('nobody', { server }, 't'));
    expect(code).toBe(1);
    expect(complaint).toMatch(/^No answer from the API server https:.*: connect ECONNREFUSED/);
    expect(complaint).toContain('--context');
  });

  it('a stranger', async () => {
    const cluster = { server: rig().server.url, 'certificate-authority': rig().server.caFile };
    const { code, complaint } = await rig().weft(
      await rig().kubeconfig('stranger', cluster, 'none'),
    );
    expect(code).toBe(1);
    expect(complaint).toMatch(/rejects your credentials/);
  });

  it('a server that cannot be verified is not asked, whatever the environment says', async () => {
    const { url, adminToken } = rig().server;
    const file = await rig().kubeconfig('distrustful', { server: url }, adminToken);
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };
    const { code, complaint } = await rig().weft(file, [], env);
    expect(code).toBe(1);
    expect(complaint).toMatch(/^The certificate of https:\S+ is not trusted: /);
  });

  it.each([
    [
      'insecure-skip-tls-verify',
      { 'insecure-skip-tls-verify': true },
      /sets insecure-skip-tls-verify/,
    ],
    ['no TLS', { server: 'http://127.0.0.1:1' }, /does not begin with https:/],
  ])('%s is refused', async (name, setting, message) => {
    const { url, adminToken } = rig().server;
    const file = await rig().kubeconfig(
      name.replaceAll(' ', '-'),
      { server: url, ...setting },
      adminToken,
    );
    const { code, complaint } = await rig().weft(file);
    expect({ code, complaint }).toEqual({ code: 1, complaint: expect.stringMatching(message) });
  });

  it('no such file, no such context', async () => {
    const missing = await rig().weft('/nowhere/kubeconfig');
    expect(missing).toMatchObject({
      code: 1,
      complaint: expect.stringMatching(/cannot be read \(ENOENT/),
    });
    const unknown = await rig().weft(reader(), ['--context', 'production']);
    expect(unknown).toMatchObject({
      code: 1,
      complaint: expect.stringMatching(/has no context production; it has: x\.\n/),
    });
  });

  it('another context than the current one', async () => {
    await tell(rig(), storyOf('at rest on the built-in authority'));
    const ca = await authorityOf(rig());
    const cluster = { server: rig().server.url, 'certificate-authority-data': ca };
    const file = await rig().kubeconfig('two-contexts', cluster, 'none');
    await rig().kubectl(
      'config',
      'set-credentials',
      'admin',
      `--kubeconfig=${file}`,
      `--token=${rig().server.adminToken}`,
    );
    await rig().kubectl(
      'config',
      'set-context',
      'good',
      `--kubeconfig=${file}`,
      '--cluster=c',
      '--user=admin',
    );
    expect((await rig().weft(file)).code).toBe(1);
    expect((await rig().weft(file, ['--context', 'good'])).code).toBe(0);
  });
}

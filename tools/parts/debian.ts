import { join } from 'node:path';
import { cacheRoot } from '../base/cache.ts';
import { CommandError, run } from '../base/command.ts';
import { withLock } from '../base/lock.ts';
import { step } from '../progress.ts';

/** The packages of a local node. */
export const nodePackages = [
  'containerd',
  'runc',
  'containernetworking-plugins',
  'iptables',
  'ipset',
  'conntrack',
  'iproute2',
];

/** The packages for building images. */
export const imagePackages = ['buildah', 'mmdebstrap', 'binutils', 'gcc', 'libc6-dev'];

const quiet = { DEBIAN_FRONTEND: 'noninteractive' };

/** Installs those of the Debian packages that are missing; needs root only if any is. */
export async function debianPackages(packages: readonly string[]): Promise<void> {
  if ((await missing(packages)).length === 0) return;
  await withLock(join(cacheRoot(), '.apt.lock'), async () => {
    const wanted = await missing(packages);
    if (wanted.length === 0) return;
    await step(`Install ${wanted.join(' ')}`, async (note) => {
      const wait = ['-o', 'DPkg::Lock::Timeout=300'];
      note('updating the package lists');
      await run('apt-get', [...wait, 'update'], { env: quiet });
      note('installing');
      await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...wanted], {
        env: quiet,
      });
    });
  });
}

async function missing(packages: readonly string[]): Promise<string[]> {
  const format = '${Package} ${db:Status-Status}\n';
  const listed = await run('dpkg-query', ['-W', '-f', format, ...packages]).catch(
    (error: unknown) => {
      // dpkg-query ends with 1 when it does not know one of the names, and still lists the others.
      if (error instanceof CommandError && error.exitCode === 1) return error.output;
      throw error;
    },
  );
  const installed = new Set(
    listed
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter((name) => !installed.has(name));
}

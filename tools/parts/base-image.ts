import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cached } from '../base/cache.ts';
import { run } from '../base/command.ts';
import { step } from '../progress.ts';
import { debianPackages, imagePackages } from './debian.ts';

const suite = 'bookworm';

/** Enough for Node and Envoy to run: the C and C++ libraries and certificates, no shell. */
const runtime = ['libc6', 'libstdc++6', 'libgcc-s1', 'ca-certificates', 'base-files', 'netbase'];

/** In addition, the packages that an init container needs to program iptables. */
const iptables = ['iptables', 'dash', 'coreutils', 'grep', 'sed'];

/** The root file systems that local image builds start from, in the place of a whole Debian. */
export type BaseImage = 'runtime' | 'iptables';

/** The path of a tar file with that root file system, made from Debian packages once. */
export async function baseImageTar(base: BaseImage): Promise<string> {
  const packages = base === 'runtime' ? runtime : [...runtime, ...iptables];
  const recipe = [...packages, ...hooks(base)];
  const version = `${suite}-${createHash('sha256').update(recipe.join(' ')).digest('hex').slice(0, 8)}`;
  const directory = await cached(`base-${base}`, version, async (draft) => {
    await debianPackages(imagePackages);
    await step(`Make the ${base} base image`, async () => {
      const list = `--include=${packages.join(',')}`;
      await run('mmdebstrap', [
        '--variant=extract',
        list,
        ...hooks(base),
        suite,
        join(draft, 'base.tar'),
      ]);
    });
  });
  return join(directory, 'base.tar');
}

/** Packages are unpacked, not configured, so this creates the links of their scripts. */
function hooks(base: BaseImage): string[] {
  const merged = '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr';
  const certificates = [
    'set -e; cd "$1/usr/share/ca-certificates"',
    'mkdir -p "$1/etc/ssl/certs"',
    'find . -name "*.crt" -exec cat {} + > "$1/etc/ssl/certs/ca-certificates.crt"',
  ].join('; ');
  const unneeded = [
    ...['etc/hostname', 'etc/resolv.conf', 'usr/lib/*/gconv', 'usr/share/doc', 'usr/share/man'],
    ...['usr/share/locale', 'var/lib/apt', 'var/cache/apt'],
  ];
  const slim = `rm -rf ${unneeded.map((path) => `"$1"/${path}`).join(' ')}`;
  const links = [
    'iptables',
    'iptables-save',
    'iptables-restore',
    'ip6tables',
    'ip6tables-save',
    'ip6tables-restore',
  ]
    .map((name) => `ln -sf xtables-nft-multi "$1/usr/sbin/${name}"`)
    .join('; ');
  const wanted = base === 'iptables' ? [certificates, slim, links] : [certificates, slim];
  return [merged, ...wanted.map((hook) => `--extract-hook=${hook}`)];
}

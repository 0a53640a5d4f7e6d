import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.ts';

/** Where downloads and builds are kept between runs, outside the work tree. */
export function cacheRoot(): string {
  return process.env['WEFT_CACHE'] ?? join(homedir(), '.cache', 'weft');
}

/**
 * The directory that holds `part` at `version`. If it does not exist yet, `fill` is called with an
 * empty directory, under a lock. A directory gets its final name only when it is complete.
 */
export async function cached(
  part: string,
  version: string,
  fill: (directory: string) => Promise<void>,
): Promise<string> {
  const root = cacheRoot();
  const final = join(root, `${part}-${version}`);
  if (existsSync(final)) return final;
  await mkdir(root, { recursive: true });
  return withLock(join(root, `.${part}.lock`), async () => {
    if (existsSync(final)) return final;
    const draft = await mkdtemp(join(root, `.${part}-`));
    try {
      await fill(draft);
      await rename(draft, final);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
    return final;
  });
}

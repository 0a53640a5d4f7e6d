import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

type Memo = Record<string, string>;

/**
 * A hash over the contents and modes of files, each under the name given for it. Big files are
 * read once: `memoFile` remembers their hash for as long as size and times stay.
 */
export async function contentHash(
  files: Readonly<Record<string, string>>,
  memoFile: string,
): Promise<string> {
  const memo = await readMemo(memoFile);
  const hash = createHash('sha256');
  for (const name of Object.keys(files).sort()) {
    const path = files[name] ?? '';
    const { mode } = await stat(path);
    hash.update(`${name}\0${String(mode & 0o777)}\0${await fileHash(path, memo)}\n`);
  }
  await mkdir(dirname(memoFile), { recursive: true });
  await writeFile(memoFile, JSON.stringify(memo));
  return hash.digest('hex').slice(0, 16);
}

async function fileHash(path: string, memo: Memo): Promise<string> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  const key = `${path} ${String(size)} ${String(mtimeNs)} ${String(ino)}`;
  return (memo[key] ??= await hashOf(path));
}

function hashOf(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(path, { highWaterMark: 1 << 20 })
      .on('data', (part) => hash.update(part))
      .on('error', reject)
      .on('end', () => {
        resolve(hash.digest('hex'));
      });
  });
}

async function readMemo(file: string): Promise<Memo> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Memo;
  } catch {
    return {};
  }
}

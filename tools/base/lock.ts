import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Runs `work` while holding an exclusive lock on `file`, across processes. The kernel keeps the
 * lock, through a child that ends with us, so a killed run never leaves it behind.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const release = await acquire(file);
  try {
    return await work();
  } finally {
    release();
  }
}

function acquire(file: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const holder = spawn('flock', [file, 'sh', '-c', 'echo held; read -r _'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    holder.on('error', reject);
    holder.on('exit', (code) => {
      reject(new Error(`cannot lock ${file}: flock ended with ${String(code)}`));
    });
    holder.stdin.on('error', () => undefined);
    holder.stdout.once('data', () => {
      resolve(() => {
        holder.stdin.end();
      });
    });
  });
}

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { Agent, request } from 'undici';
import { describe, expect, it } from '@jest/globals';
import { ofFile } from '../../support/jest/of-file.ts';
import { startOpenBao } from '../../../tools/real/openbao.ts';

// What tests are promised of an OpenBao that they start, and of what a killed run leaves.

const bao = ofFile(startOpenBao, 60_000);

describe('the OpenBao of a test', () => {
  it('is known by its own CA, under https alone', async () => {
    const health = '/v1/sys/health';
    const agents = [new Agent({ connect: { ca: bao().ca } }), new Agent()] as const;
    const [knows, strange] = agents;
    const { statusCode, body } = await request(bao().url + health, { dispatcher: knows });
    expect(statusCode).toBe(200);
    await body.dump();
    await expect(request(bao().url + health, { dispatcher: strange })).rejects.toThrow(
      /certificate/,
    );
    const plain = await request(bao().plainUrl + health, { dispatcher: strange });
    expect(plain.statusCode).toBe(200);
    await plain.body.dump();
    await Promise.all(agents.map((agent) => agent.destroy()));
  });

  it('dies with a killed run, whose folder the next one clears', async () => {
    const script = [
      `const { openRunFolder } = await import(${JSON.stringify(join(import.meta.dirname, '../../../tools/real/run-folder.ts'))});`,
      "const folder = await openRunFolder('killed');",
      "const { pid } = await folder.start('sleep', ['sleep', '60']);",
      'console.log(JSON.stringify({ path: folder.path, pid })); setInterval(() => {}, 1000);',
    ].join('\n');
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { path, pid } = JSON.parse(String(line)) as { path: string; pid: number };
    const running = (): boolean => existsSync(`/proc/${String(pid)}/exe`);
    expect(running()).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { openRunFolder } = await import('../../../tools/real/run-folder.ts');
    const next = await openRunFolder('killed');
    expect(dirname(next.path)).toBe(dirname(path));
    expect([existsSync(path), running()]).toEqual([false, false]);
    await next.clear();
    expect(existsSync(next.path)).toBe(false);
  });
});

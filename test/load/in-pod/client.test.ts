import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from '@jest/globals';
import { type EchoPorts, loadKinds, type LoadPlan, ratesFor } from './plan.ts';
import type { Report } from './report.ts';

const file = (name: string): string => join(import.meta.dirname, name);

/** A server in a process of its own, so that it can be killed. */
async function startServer(): Promise<{ ports: EchoPorts; kill: () => void }> {
  const script = `
    import { serveEcho } from ${JSON.stringify(file('echo-server.ts'))};
    console.log(JSON.stringify(await serveEcho({ http: 0, grpc: 0, tcp: 0 })));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { ports: JSON.parse(line) as EchoPorts, kill: () => child.kill('SIGKILL') };
}

/** Runs the client until it exits on its own; calls `onReport` with each line as it comes. */
async function runClient(
  plan: Omit<LoadPlan, 'host' | 'rates'>,
  onReport: (report: Report) => void = () => undefined,
): Promise<readonly Report[]> {
  const whole: LoadPlan = { host: 'localhost', rates: ratesFor(300), ...plan };
  const child = spawn(process.execPath, [file('client.ts'), JSON.stringify(whole)]);
  const reports: Report[] = [];
  createInterface(child.stdout).on('line', (line) => {
    const report = JSON.parse(line) as Report;
    reports.push(report);
    onReport(report);
  });
  await once(child, 'close');
  return reports;
}

function totalsOf(reports: readonly Report[]): Extract<Report, { totals: unknown }>['totals'] {
  const last = reports.at(-1);
  if (last === undefined || !('totals' in last)) throw new Error(JSON.stringify(last));
  return last.totals;
}

describe('the load', () => {
  it('of every kind reaches a server that lives, and tells how far it is each second', async () => {
    const { ports, kill } = await startServer();
    const reports = await runClient({ ports, timeoutMs: 2000, seconds: 2.5 });
    kill();
    const totals = totalsOf(reports);
    for (const kind of loadKinds) {
      const { sent, ok, failed, firstFailures } = totals[kind]!;
      expect({ kind, failed, firstFailures }).toEqual({ kind, failed: 0, firstFailures: [] });
      expect(ok).toBe(sent);
      expect(sent).toBeGreaterThanOrEqual(Math.floor(2.4 * ratesFor(300)[kind]));
    }
    const [first, second] = reports.flatMap((report) => ('second' in report ? [report] : []));
    expect(second!.second.atMs).toBeGreaterThan(first!.second.atMs);
    expect(second!.second.counts.http1![1]).toBeGreaterThan(first!.second.counts.http1![1]);
  }, 20_000);

  it('counts what a server that dies leaves unanswered, kind by kind, with reason and time', async () => {
    const { ports, kill } = await startServer();
    let killed = 0;
    const reports = await runClient({ ports, timeoutMs: 500, seconds: 2.5 }, (report) => {
      if (!('second' in report) || killed > 0) return;
      killed = Date.now();
      kill();
    });
    const totals = totalsOf(reports);
    for (const kind of loadKinds) {
      const { sent, ok, failed, firstFailures } = totals[kind]!;
      expect(ok).toBeGreaterThan(0);
      expect(failed).toBeGreaterThan(0);
      expect(ok + failed).toBe(sent);
      const [{ atMs, reason }] = firstFailures as [(typeof firstFailures)[0]];
      expect(Math.abs(atMs - killed)).toBeLessThan(1000);
      expect(reason).toMatch(/ECONN|EPIPE|closed|broke|ended|hang up|STREAM|no answer/);
    }
  }, 20_000);

  it('does not begin while a kind does not work', async () => {
    const { ports, kill } = await startServer();
    kill();
    const warmUpMs = 300;
    expect(await runClient({ ports, timeoutMs: 500, seconds: 1, warmUpMs })).toEqual([
      { problem: expect.stringMatching(/: .*ECONNREFUSED|: .*closed/) },
    ]);
  }, 20_000);
});

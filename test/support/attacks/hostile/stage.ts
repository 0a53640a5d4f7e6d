import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { XdsClient } from '../../xds/xds-client.ts';
import { type Figures, type Orders, type Place, serverName, type VictimSays } from './words.ts';
import { letPass } from '../../time/let-pass.ts';

/** What was seen of the victim in a while. */
export interface Seen {
  /** The most it had in memory, in MB. */
  readonly mb: number;
  /** 99 of 100 turns of its event loop were shorter, in milliseconds of its own work. */
  readonly p99: number;
  /** The longest that an honest proxy waited for its configuration, in milliseconds. */
  readonly servedMs: number;
}

/** A server and its attackers, each in a process of its own, and an honest proxy in this one. */
export class Stage {
  readonly #victim: ChildProcess;
  readonly #attackers: ChildProcess[] = [];
  #seen: Figures[] = [];
  #honest = 0;

  private constructor(victim: ChildProcess) {
    this.#victim = victim;
    victim.on('message', (says: VictimSays) => {
      if ('figures' in says) this.#seen.push(says.figures);
    });
  }

  static async open(): Promise<{ readonly stage: Stage; readonly place: Place }> {
    const flags = ['--heap-growing-percent=26', '--max-semi-space-size=4'];
    const victim = start('victim.ts', flags, {
      MALLOC_ARENA_MAX: '1',
      MALLOC_MMAP_THRESHOLD_: '16384',
    });
    const [place] = (await once(victim, 'message')) as [Place];
    return { stage: new Stage(victim), place };
  }

  /** Sets this many hostile clients of each kind on the server. */
  async attack(place: Place, kinds: readonly string[], each: number): Promise<void> {
    const attacker = start('attacker.ts', []);
    this.#attackers.push(attacker);
    await once(attacker, 'message');
    attacker.send({ place, kinds, each } satisfies Orders);
    await once(attacker, 'message');
  }

  endAttacks(): void {
    for (const attacker of this.#attackers.splice(0)) attacker.kill('SIGKILL');
  }

  /**
   * For a while honest proxies connect one after another, as new pods do. Each must be served in
   * time, and the first one all along.
   */
  async watch({ ca, port }: Place, ms: number, servedMs: number): Promise<Seen> {
    this.#seen = [];
    const until = Date.now() + ms;
    let longest = 0;
    do {
      this.#honest += 1;
      const token = `shop/honest-${this.#honest}~shop/honest`;
      const client = new XdsClient({ address: `127.0.0.1:${port}`, ca, serverName, token });
      const began = performance.now();
      client.send('cluster');
      const { message } = await client.next(servedMs);
      if (message.resources.length === 0) throw new Error('an honest proxy got nothing');
      longest = Math.max(longest, performance.now() - began);
      client.close();
      await letPass(100, 'the pace of honest proxies');
    } while (Date.now() < until || this.#seen.length < 4);
    const turns = this.#seen.flatMap((figures) => figures.turns).sort((a, b) => a - b);
    return {
      mb: Math.max(...this.#seen.map(({ rss }) => rss)) / 1024 / 1024,
      p99: turns[Math.floor(turns.length * 0.99)] ?? 0,
      servedMs: longest,
    };
  }

  close(): void {
    this.endAttacks();
    this.#victim.kill('SIGKILL');
  }
}

function start(
  file: string,
  execArgv: readonly string[],
  more: Readonly<Record<string, string>> = {},
): ChildProcess {
  const env = { ...process.env, NODE_OPTIONS: '', ...more };
  return fork(join(import.meta.dirname, file), [], { execArgv: [...execArgv], env });
}

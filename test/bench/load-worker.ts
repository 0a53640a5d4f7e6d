/** A process that plays many proxies. The driver (load.ts) speaks to it over IPC. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { now } from './figures.ts';
import type { FromWorker, ToWorker } from './load.ts';
import { LoadProxy, type LoadTarget, type Times } from './load-proxy.ts';
import type { ResponseContent } from './response-content.ts';

interface Expectation {
  readonly mark: string;
  readonly received: number[];
  readonly acknowledged: number[];
  bytes: number;
  sample: Buffer | undefined;
}

const proxies = new Set<LoadProxy>();
const delay = monitorEventLoopDelay({ resolution: 1 });
const reconnectMs = { least: 200, most: 5_000 };
let wanted = 0;
let readyAt: number[] = [];
let failures = 0;
let expectation: Expectation | undefined;

function tell(message: FromWorker): void {
  process.send?.(message);
}

/** Where proxies connect to, by what they trust now. */
let target: LoadTarget | undefined;

function connect(token: string, attempt = 0): void {
  if (target === undefined) return;
  const proxy = new LoadProxy(target, token, {
    ready: () => {
      readyAt.push(now());
      if (readyAt.length === wanted) tell({ kind: 'ready', readyAt, failures });
    },
    answered: (content, times) => note(content, times),
    failed: () => {
      failures += 1;
      proxies.delete(proxy);
      const wait = Math.min(reconnectMs.most, reconnectMs.least * 2 ** attempt) * Math.random();
      setTimeout(() => connect(token, attempt + 1), wait);
    },
  });
  proxies.add(proxy);
  proxy.start();
}

function note(content: ResponseContent, times: Times): void {
  if (expectation === undefined) return;
  expectation.bytes += times.bytes;
  if (!content.marks.has(expectation.mark)) return;
  expectation.received.push(times.received);
  expectation.acknowledged.push(times.acknowledged);
  expectation.sample ??= times.payload;
  if (expectation.received.length === wanted) report();
}

/** Tells what was seen of the expected change, also when some proxies have not seen it. */
function report(): void {
  if (expectation === undefined) return;
  const { received, acknowledged, bytes, sample } = expectation;
  expectation = undefined;
  tell({ kind: 'seen', received, acknowledged, bytes, sample: sample?.toString('base64') });
}

// Without its driver it would go on for ever.
process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker) => {
  if (message.kind === 'connect') {
    wanted = message.tokens.length;
    readyAt = [];
    target = message.target;
    for (const token of message.tokens) connect(token);
  } else if (message.kind === 'trust') {
    if (target !== undefined) target = { ...target, ca: message.ca };
  } else if (message.kind === 'expect') {
    expectation = {
      mark: message.mark,
      received: [],
      acknowledged: [],
      bytes: 0,
      sample: undefined,
    };
    delay.reset();
    delay.enable();
    tell({ kind: 'expecting' });
  } else if (message.kind === 'give-up') report();
  else if (message.kind === 'loop') {
    tell({ kind: 'loop', p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 });
  } else {
    for (const proxy of proxies) proxy.stop();
    process.disconnect();
  }
});

import type { KubernetesObject } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { ListOptions } from './api-client.ts';
import { failureOf, noAnswer, readFailure, watchStatus } from './api-failure.ts';
import { collectionPath, selectorQuery, withQuery } from './api-path.ts';
import { Breath } from './breath.ts';
import { LineSplitter } from './json-lines.ts';
import { withinTime } from './time-limit.ts';
import type { HttpRequest, HttpResponse, Transport } from './transport.ts';

/** An object appeared or changed (`set`) or is gone (`delete`); `bookmark`: no other change up to this version. */
export interface WatchEvent {
  readonly type: 'set' | 'delete' | 'bookmark';
  readonly object: KubernetesObject;
}

export interface WatchRequest {
  readonly kind: Kind;
  readonly options: ListOptions;
  /** The watch reports events after this version. */
  readonly resourceVersion: string;
  /** Seconds after which the API server ends the watch. */
  readonly timeoutSeconds: number;
  /** A watch without a byte for this many milliseconds is dead. */
  readonly idleMs: number;
}

export interface WatchDeps {
  readonly transport: Transport;
  readonly clock: Clock;
}

type OnEvents = (events: readonly WatchEvent[]) => void;

const answerMs = 30_000;
const idleTicks = 10;

/**
 * Follows a kind until the API server ends the watch, then resolves. Calls `onEvents` when the watch is open and for
 * each burst of bytes, even without events, as a sign of life. Rejects with a WeftError when the watch breaks, falls
 * silent, or cannot be understood; events that came before are delivered first.
 */
export async function watch(
  request: WatchRequest & { readonly onEvents: OnEvents },
  deps: WatchDeps,
  signal: AbortSignal,
): Promise<void> {
  const body = new AbortController();
  const onAbort = (): void => {
    body.abort(signal.reason);
  };
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const response = await open(request, deps, body);
    request.onEvents([]);
    await follow(response, { ...request, clock: deps.clock }, body);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof WeftError ? error : noAnswer(error);
  } finally {
    signal.removeEventListener('abort', onAbort);
    body.abort();
  }
}

function requestOf(request: WatchRequest): HttpRequest {
  const query = {
    ...selectorQuery(request.options),
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: request.resourceVersion,
    timeoutSeconds: String(request.timeoutSeconds),
  };
  return {
    method: 'GET',
    path: withQuery(collectionPath(request.kind, request.options.namespace), query),
  };
}

/** The headers must arrive within the limit; after that only the controller ends the body. */
async function open(
  request: WatchRequest,
  deps: WatchDeps,
  body: AbortController,
): Promise<HttpResponse> {
  const { clock, transport } = deps;
  const ms = Math.min(answerMs, request.idleMs);
  const limit = { clock, ms, reason: () => noAnswer(new Error('time limit')) };
  const sent = requestOf(request);
  return withinTime(
    limit,
    async (inner) => {
      inner.addEventListener('abort', () => {
        body.abort(inner.reason);
      });
      const response = await transport.send(sent, body.signal);
      if (response.status !== 200) throw await readFailure(sent, response);
      return response;
    },
    body.signal,
  );
}

async function follow(
  response: HttpResponse,
  how: { readonly onEvents: OnEvents; readonly idleMs: number; readonly clock: Clock },
  body: AbortController,
): Promise<void> {
  const lines = new LineSplitter();
  const breath = new Breath();
  const silence = watchdog(how, body);
  for await (const chunk of response.body) {
    silence.restart();
    deliver(lines.push(chunk), how.onEvents);
    await breath.after(chunk);
  }
  if (lines.partial) throw noAnswer(new Error('the watch ended within a line'));
}

/** Aborts the body when `restart` was not called for about `idleMs`; ends with the body's signal. */
function watchdog(
  how: { readonly idleMs: number; readonly clock: Clock },
  body: AbortController,
): { restart(): void } {
  let quietTicks = 0;
  const tick = async (): Promise<void> => {
    while (quietTicks < idleTicks) {
      await how.clock.sleep(how.idleMs / idleTicks, body.signal);
      quietTicks += 1;
    }
    body.abort(noAnswer(new Error('the watch received nothing for too long')));
  };
  tick().catch(() => undefined);
  return {
    restart() {
      quietTicks = 0;
    },
  };
}

/**
 * Delivers the events of these lines. Throws at a line that cannot be understood, after delivery of those before it.
 */
function deliver(lines: readonly string[], onEvents: OnEvents): void {
  const events: WatchEvent[] = [];
  let failure: WeftError | undefined;
  for (const line of lines) {
    const event = parseEvent(line);
    if (event instanceof WeftError) {
      failure = event;
      break;
    }
    if (event !== undefined) events.push(event);
  }
  onEvents(events);
  if (failure !== undefined) throw failure;
}

const types: Readonly<Record<string, WatchEvent['type']>> = {
  ADDED: 'set',
  MODIFIED: 'set',
  DELETED: 'delete',
  BOOKMARK: 'bookmark',
};

function parseEvent(line: string): WatchEvent | WeftError | undefined {
  if (line.trim() === '') return undefined;
  try {
    const event = JSON.parse(line) as { readonly type: string; readonly object: KubernetesObject };
    if (event.type === 'ERROR') return failureOf(watchStatus(event.object));
    const type = types[event.type];
    const { metadata } = event.object;
    if (type === undefined || metadata.resourceVersion === undefined) return notUnderstood();
    if (type !== 'bookmark' && typeof metadata.name !== 'string') return notUnderstood();
    return { type, object: event.object };
  } catch (cause) {
    return notUnderstood(cause);
  }
}

function notUnderstood(cause?: unknown): WeftError {
  return new WeftError('protocol-violation', 'a watch event cannot be understood', {
    cause,
    retry: 'soon',
  });
}

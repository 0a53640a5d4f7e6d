import type { KubernetesObject } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type {
  ApiClient,
  ApplyOptions,
  ListOptions,
  ObjectRef,
  RemoveOptions,
} from './api-client.ts';
import { apiStatusOf, noAnswer, readFailure } from './api-failure.ts';
import { collectionPath, objectPath, withQuery } from './api-path.ts';
import { type Random, backOffMs } from './back-off.ts';
import { Breath } from './breath.ts';
import { ItemSplitter } from './list-items.ts';
import { type Page, type ReadPage, readList } from './list-pages.ts';
import { withinTime } from './time-limit.ts';
import { type HttpRequest, type Transport, readText } from './transport.ts';

export interface HttpApiClientDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** How long one call may take, retries included, in milliseconds; for a list, each page. Default 30,000. */
  readonly limitMs?: number;
}

const tries = 4;
const backOff = { baseMs: 200, maxMs: 2000 };

/** Statuses with which the server did nothing: any call may be repeated. */
const refusedUntouched = new Set([429]);
/** Statuses after which an idempotent call is repeated. */
const passing = new Set([429, 502, 503, 504]);

interface Call extends HttpRequest {
  /** Doing it twice has the same effect as once. */
  readonly idempotent: boolean;
}

/** ApiClient over HTTP. Repeats calls the server was too busy for, as long as its Retry-After leaves time. */
export class HttpApiClient implements ApiClient {
  readonly #deps: HttpApiClientDeps;

  constructor(deps: HttpApiClientDeps) {
    this.#deps = deps;
  }

  async get<T extends KubernetesObject>(
    ref: ObjectRef,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    try {
      return await this.#json<T>(getCall(objectPath(ref)), signal);
    } catch (error) {
      if (isNoSuchObject(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubernetesObject>(
    kind: Kind,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    const entry = (object: KubernetesObject): T => object as T;
    const readPage: ReadPage = async (path, onItem, inner) => {
      const page = (await this.getJson(path, inner)) as Page | null;
      for (const item of page?.items ?? []) onItem(item);
      return page ?? {};
    };
    const whole = await readList(readPage, { kind, options, entry }, signal);
    return whole.items;
  }

  create<T extends KubernetesObject>(kind: Kind, object: T, signal: AbortSignal): Promise<T> {
    const call: Call = {
      method: 'POST',
      path: collectionPath(kind, object.metadata.namespace),
      body: JSON.stringify(object),
      contentType: 'application/json',
      idempotent: false,
    };
    return this.#json<T>(call, signal);
  }

  // eslint-disable-next-line max-params -- the contract's four: what kind, which object, how, until when
  apply<T extends KubernetesObject>(
    kind: Kind,
    object: T,
    options: ApplyOptions,
    signal: AbortSignal,
  ): Promise<T> {
    const path = objectPath({ kind, ...object.metadata }, options.subresource);
    const query = {
      fieldManager: options.fieldManager,
      force: options.force === true ? 'true' : undefined,
    };
    const call: Call = {
      method: 'PATCH',
      path: withQuery(path, query),
      body: JSON.stringify(object),
      contentType: 'application/apply-patch+yaml',
      idempotent: true,
    };
    return this.#json<T>(call, signal);
  }

  merge<T extends KubernetesObject>(
    ref: ObjectRef,
    patch: { readonly value: unknown; readonly subresource?: 'status' },
    signal: AbortSignal,
  ): Promise<T> {
    const call: Call = {
      method: 'PATCH',
      path: objectPath(ref, patch.subresource),
      body: JSON.stringify(patch.value),
      contentType: 'application/merge-patch+json',
      idempotent: false,
    };
    return this.#json<T>(call, signal);
  }

  async remove(ref: ObjectRef, options: RemoveOptions, signal: AbortSignal): Promise<void> {
    const body = {
      propagationPolicy: options.propagation,
      preconditions: options.uid === undefined ? undefined : { uid: options.uid },
    };
    const call: Call = {
      method: 'DELETE',
      path: objectPath(ref),
      body: JSON.stringify(body),
      contentType: 'application/json',
      idempotent: true,
    };
    try {
      await this.#text(call, signal);
    } catch (error) {
      if (isNoSuchObject(error)) return;
      if (!(await this.#isSucceeded(error, { ref, uid: options.uid }, signal))) throw error;
    }
  }

  read(path: string, signal: AbortSignal): Promise<string> {
    return this.#text(getCall(path), signal);
  }

  /** GET of a path, parsed. */
  readonly getJson = (path: string, signal: AbortSignal): Promise<unknown> =>
    this.#json(getCall(path), signal);

  /**
   * GET of a list: passes on its items one by one, so that only one of them is in memory, then returns the rest of it.
   * A page that breaks off is read again from its beginning, so an item may be passed on twice.
   */
  readonly getItems: ReadPage = (path, onItem, signal) =>
    this.#call(
      getCall(path),
      async (body) => {
        const splitter = new ItemSplitter((item) => {
          onItem(item as KubernetesObject);
        });
        try {
          const breath = new Breath();
          for await (const chunk of body) {
            splitter.push(chunk);
            await breath.after(chunk);
          }
          return splitter.end() as Page;
        } catch (cause) {
          throw cause instanceof SyntaxError ? noJson(cause) : cause;
        }
      },
      signal,
    );

  /** True when a removal conflicted because the object of that uid is gone, even if another has taken its name. */
  async #isSucceeded(
    error: unknown,
    target: { readonly ref: ObjectRef; readonly uid: string | undefined },
    signal: AbortSignal,
  ): Promise<boolean> {
    const conflict = error instanceof WeftError && error.code === 'api-conflict';
    if (!conflict || target.uid === undefined) return false;
    const now = await this.get(target.ref, signal);
    return now?.metadata.uid !== target.uid;
  }

  async #json<T>(call: Call, signal: AbortSignal): Promise<T> {
    const text = await this.#text(call, signal);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw noJson(cause);
    }
  }

  #text(call: Call, signal: AbortSignal): Promise<string> {
    return this.#call(call, readText, signal);
  }

  #call<T>(call: Call, read: Read<T>, signal: AbortSignal): Promise<T> {
    const { clock, limitMs = 30_000 } = this.#deps;
    const limit = { clock, ms: limitMs, reason: () => noAnswer(new Error('time limit')) };
    const until = clock.now() + limitMs;
    return withinTime(limit, (inner) => this.#persist({ call, read }, until, inner), signal);
  }

  async #persist<T>(
    { call, read }: { readonly call: Call; readonly read: Read<T> },
    until: number,
    signal: AbortSignal,
  ): Promise<T> {
    const { clock, random } = this.#deps;
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#once(call, read, signal);
      } catch (error) {
        const requestedMs = apiStatusOf(error)?.retryAfterMs ?? 0;
        const wait = Math.max(requestedMs, backOffMs(failures, backOff, random));
        const hopeless = failures >= tries || clock.now() + wait >= until;
        if (signal.aborted || hopeless || !mayRepeat(call, error)) throw error;
        await clock.sleep(wait, signal);
      }
    }
  }

  async #once<T>(call: Call, read: Read<T>, signal: AbortSignal): Promise<T> {
    try {
      const response = await this.#deps.transport.send(call, signal);
      if (response.status >= 300) throw await readFailure(call, response);
      return await read(response.body);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error instanceof WeftError ? error : noAnswer(error);
    }
  }
}

/** Reads the body of an answer. */
type Read<T> = (body: AsyncIterable<Uint8Array>) => Promise<T>;

function noJson(cause: unknown): WeftError {
  return new WeftError('api-unavailable', 'the answer is not JSON', { cause, retry: 'soon' });
}

function getCall(path: string): Call {
  return { method: 'GET', path, idempotent: true };
}

/**
 * Whether the object does not exist. A kind that is not served gives a 404 without a Status, hence without a reason.
 */
function isNoSuchObject(error: unknown): boolean {
  const answer = apiStatusOf(error);
  return answer?.status === 404 && answer.reason === 'NotFound';
}

function mayRepeat(call: Call, error: unknown): boolean {
  const status = apiStatusOf(error)?.status;
  if (status === undefined) return call.idempotent && isNoAnswer(error);
  return refusedUntouched.has(status) || (call.idempotent && passing.has(status));
}

function isNoAnswer(error: unknown): boolean {
  return error instanceof WeftError && error.code === 'api-unavailable';
}

import type { KubernetesObject } from '../api/core.ts';
import { type Kind, apiVersionOf } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import type { ListOptions } from './api-client.ts';
import { collectionPath, selectorQuery, withQuery } from './api-path.ts';

/** Items asked for in one page: big enough to be quick, small enough not to stall the event loop. */
const pageSize = 500;
/** A continue token may expire under our hands so often; then the list is read in one piece. */
const restarts = 2;

export interface WholeList<T> {
  readonly items: readonly T[];
  /** Where a watch goes on from this list. */
  readonly resourceVersion: string;
}

export interface ListRequest<T> {
  readonly kind: Kind;
  readonly options: ListOptions;
  /** What to keep of each object, called as soon as its page is there. Undefined leaves it out. */
  readonly entry: (object: KubernetesObject) => T | undefined;
}

/** GETs a path and gives its parsed JSON. */
export type Get = (path: string, signal: AbortSignal) => Promise<unknown>;

/**
 * Reads a list page by page, all pages of one moment (the most recent one: no resourceVersion is
 * sent). When the continue token expires (410) it begins again.
 */
export async function readList<T>(
  get: Get,
  request: ListRequest<T>,
  signal: AbortSignal,
): Promise<WholeList<T>> {
  for (let round = 0; ; round += 1) {
    try {
      return await readPages(
        get,
        { ...request, limit: round < restarts ? pageSize : undefined },
        signal,
      );
    } catch (error) {
      const expired = error instanceof WeftError && error.code === 'api-gone';
      if (!expired || round >= restarts) throw error;
    }
  }
}

async function readPages<T>(
  get: Get,
  request: ListRequest<T> & { readonly limit: number | undefined },
  signal: AbortSignal,
): Promise<WholeList<T>> {
  const path = collectionPath(request.kind, request.options.namespace);
  const items: T[] = [];
  let next: string | undefined;
  for (;;) {
    const query = {
      ...selectorQuery(request.options),
      limit: request.limit?.toString(),
      continue: next,
    };
    const page = parsePage(await get(withQuery(path, query), signal));
    for (const item of page.items) {
      const kept = request.entry(named(request.kind, item));
      if (kept !== undefined) items.push(kept);
    }
    if (page.next === undefined) return { items, resourceVersion: page.resourceVersion };
    next = page.next;
  }
}

/** Built-in kinds leave apiVersion and kind out of list items; watches have them. */
function named(kind: Kind, item: KubernetesObject): KubernetesObject {
  return { ...item, apiVersion: apiVersionOf(kind), kind: kind.kind };
}

interface Page {
  readonly items: readonly KubernetesObject[];
  readonly next: string | undefined;
  readonly resourceVersion: string;
}

interface RawPage {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  readonly items?: readonly KubernetesObject[] | null;
}

function parsePage(body: unknown): Page {
  const { metadata, items } = (body ?? {}) as RawPage;
  if (metadata?.resourceVersion === undefined) {
    throw new WeftError('api-unavailable', 'the answer is no list', { retry: 'soon' });
  }
  const next = metadata.continue === '' ? undefined : metadata.continue;
  return { items: items ?? [], next, resourceVersion: metadata.resourceVersion };
}

import type { KubernetesObject } from '../api/core.ts';
import { type Kind, apiVersionOf } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import type { ListOptions } from './api-client.ts';
import { collectionPath, selectorQuery, withQuery } from './api-path.ts';

/** Default number of items in one page: big enough to be quick, small enough not to stall the event loop. */
const usualPageSize = 500;
/** How often a continue token may expire during the read. After that the list is read in one piece. */
const restarts = 2;

export interface WholeList<T> {
  readonly items: readonly T[];
  /** The version from which a watch continues after this list. */
  readonly resourceVersion: string;
}

export interface ListRequest<T> {
  readonly kind: Kind;
  readonly options: ListOptions;
  /** What to keep of each object, called as soon as its page is there. Undefined leaves it out. */
  readonly entry: (object: KubernetesObject) => T | undefined;
  /** Items asked for in one page. Default 500. When it is set, no list is read in one piece. */
  readonly pageSize?: number;
  /** Called each time before the list is read from its beginning. */
  readonly onBegin?: () => void;
}

/** GETs a page: passes on its items one by one, then returns the rest of the page. */
export type ReadPage = (
  path: string,
  onItem: (item: KubernetesObject) => void,
  signal: AbortSignal,
) => Promise<Page>;

export interface Page {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
  readonly items?: readonly KubernetesObject[] | null;
}

/**
 * Reads a list page by page. All pages are of one moment, the most recent one: no resourceVersion is sent. When the
 * continue token expires (410) it begins again.
 */
export async function readList<T>(
  readPage: ReadPage,
  request: ListRequest<T>,
  signal: AbortSignal,
): Promise<WholeList<T>> {
  for (let round = 0; ; round += 1) {
    const { pageSize } = request;
    request.onBegin?.();
    try {
      const limit = pageSize ?? (round < restarts ? usualPageSize : undefined);
      return await readPages(readPage, { ...request, limit }, signal);
    } catch (error) {
      const expired = error instanceof WeftError && error.code === 'api-gone';
      if (!expired || round >= restarts) throw error;
    }
  }
}

async function readPages<T>(
  readPage: ReadPage,
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
    const take = (item: KubernetesObject): void => {
      const kept = request.entry(named(request.kind, item));
      if (kept !== undefined) items.push(kept);
    };
    const page = parsePage(await readPage(withQuery(path, query), take, signal));
    if (page.next === undefined) return { items, resourceVersion: page.resourceVersion };
    next = page.next;
  }
}

/** Built-in kinds leave apiVersion and kind out of list items; watches have them. */
function named(kind: Kind, item: KubernetesObject): KubernetesObject {
  return { ...item, apiVersion: apiVersionOf(kind), kind: kind.kind };
}

interface PageHead {
  readonly next: string | undefined;
  readonly resourceVersion: string;
}

function parsePage({ metadata }: Page): PageHead {
  if (metadata?.resourceVersion === undefined) {
    throw new WeftError('api-unavailable', 'the answer is not a list', { retry: 'soon' });
  }
  const next = metadata.continue === '' ? undefined : metadata.continue;
  return { next, resourceVersion: metadata.resourceVersion };
}

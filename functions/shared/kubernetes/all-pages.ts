import { isKubernetesAccessError, KubernetesAccessError } from './access-error.ts';

const ITEMS_PER_PAGE = 500;
/** By how much a page is divided that has become too long: of 500 items there are 63, then 8, then 1. */
const SHORTER = 8;

export interface Page<Item> {
  readonly items: Item[];
  readonly metadata?: { readonly _continue?: string };
}

/** Which page of a list is asked for, and how many items it may have. */
export interface PageAsked {
  readonly limit: number;
  readonly _continue?: string;
}

type List<Item> = (page: PageAsked) => Promise<Page<Item>>;

/**
 * The pages of a Kubernetes list, each read on demand. An object may have more than a megabyte, so a page that becomes
 * too long is asked for again with fewer items, and so are the pages after it. The limit may change from page to page
 * (Kubernetes, "API Concepts", retrieving large result sets in chunks).
 *
 * @throws KubernetesAccessError also for an answer that is no list: an aggregated API, or a proxy before the endpoint, may
 *   give one, and it says nothing about what the cluster has
 */
export async function* pagesOf<Item>(list: List<Item>): AsyncGenerator<Item[]> {
  let limit = ITEMS_PER_PAGE;
  for (let next: string | undefined; ; ) {
    const page = await unlessTooLong(list({ limit, ...(next !== undefined && { _continue: next }) }), limit);
    if (page === undefined) {
      limit = Math.ceil(limit / SHORTER);
      continue;
    }
    if (!Array.isArray(page.items))
      throw new KubernetesAccessError('failed', 'The Kubernetes API answered with a list that has no items.');
    yield page.items;
    next = page.metadata?._continue;
    if (next === undefined || next === '') return;
  }
}

/** The page; undefined where fewer items may be short enough. */
async function unlessTooLong<Item>(asked: Promise<Page<Item>>, limit: number): Promise<Page<Item> | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (limit > 1 && isKubernetesAccessError(error) && error.problem === 'too-long') return undefined;
    throw error;
  }
}

/**
 * All items of a Kubernetes list.
 *
 * @param described what is kept of an item: memory has room for a page of whole objects, and not for a whole list
 */
export async function allPages<Item, Kept>(list: List<Item>, described: (item: Item) => Kept): Promise<Kept[]> {
  const items: Kept[] = [];
  for await (const page of pagesOf(list)) items.push(...page.map(described));
  return items;
}

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
 * The token of the next page expires with the version of the list. The refusal has another, which goes on after the last
 * object with what there is now: so each object that stays is there once. Source: Kubernetes API, ListOptions.continue.
 *
 * @throws KubernetesAccessError also for an answer that is no list: an aggregated API, or a proxy before the endpoint, may
 *   give one, and it says nothing about what the cluster has
 */
export async function* pagesOf<Item>(list: List<Item>): AsyncGenerator<Item[]> {
  let limit = ITEMS_PER_PAGE;
  for (let next: string | undefined; ; ) {
    const page = await pageOrRemedy(list({ limit, ...(next !== undefined && { _continue: next }) }), limit, next);
    if (page === 'shorter') {
      limit = Math.ceil(limit / SHORTER);
      continue;
    }
    if ('goOnWith' in page) {
      next = page.goOnWith;
      continue;
    }
    if (!Array.isArray(page.items))
      throw new KubernetesAccessError('failed', 'The Kubernetes API answered with a list that has no items.');
    yield page.items;
    next = page.metadata?._continue;
    if (next === undefined || next === '') return;
  }
}

/** The page, or what to ask for instead: fewer items, or the same with another token. */
async function pageOrRemedy<Item>(
  asked: Promise<Page<Item>>,
  limit: number,
  token: string | undefined,
): Promise<Page<Item> | 'shorter' | { readonly goOnWith: string }> {
  try {
    return await asked;
  } catch (error) {
    if (!isKubernetesAccessError(error)) throw error;
    if (limit > 1 && error.problem === 'too-long') return 'shorter';
    const { continueWith } = error;
    if (token !== undefined && continueWith !== undefined && continueWith !== token) return { goOnWith: continueWith };
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

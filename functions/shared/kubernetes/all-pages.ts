const ITEMS_PER_PAGE = 500;

interface Page<Item> {
  readonly items: Item[];
  readonly metadata?: { readonly _continue?: string };
}

type List<Item> = (page: { readonly limit: number; readonly _continue?: string }) => Promise<Page<Item>>;

/** The pages of a Kubernetes list, each read on demand. */
export async function* pagesOf<Item>(list: List<Item>): AsyncGenerator<Item[]> {
  let next: string | undefined;
  do {
    const page = await list({ limit: ITEMS_PER_PAGE, ...(next !== undefined && { _continue: next }) });
    yield page.items;
    next = page.metadata?._continue;
  } while (next !== undefined && next !== '');
}

/** All items of a Kubernetes list. */
export async function allPages<Item>(list: List<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pagesOf(list)) items.push(...page);
  return items;
}

const ITEMS_PER_PAGE = 500;

interface Page<Item> {
  readonly items: Item[];
  readonly metadata?: { readonly _continue?: string };
}

/** All items of a list that Kubernetes returns in pages. */
export async function allPages<Item>(
  list: (page: { readonly limit: number; readonly _continue?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let next: string | undefined;
  do {
    const page = await list({ limit: ITEMS_PER_PAGE, ...(next !== undefined && { _continue: next }) });
    items.push(...page.items);
    next = page.metadata?._continue;
  } while (next !== undefined && next !== '');
  return items;
}

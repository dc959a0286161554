/** One page of a list, with the token of the next page. */
export interface Page<Item> {
  readonly items: Item[];
  /** Undefined on the last page. */
  readonly nextToken: string | undefined;
}

/**
 * Returns a page of at most `size` items. The token names the last item of the page. Items added or removed between two
 * calls therefore neither repeat nor hide others, as long as `items` stays in the order of its ids.
 *
 * @param id of an item; the list must be sorted by it
 * @param invalidToken creates the service's error for a token that it did not issue
 */
export function pageOf<Item>(
  items: readonly Item[],
  id: (item: Item) => string,
  size: number,
  token: string | undefined,
  invalidToken: () => Error,
): Page<Item> {
  const after = token === undefined ? undefined : decode(token);
  if (token !== undefined && after === undefined) throw invalidToken();
  const start = after === undefined ? 0 : items.findIndex((item) => id(item) > after);
  const page = start < 0 ? [] : items.slice(start, start + size);
  const last = page.at(-1);
  const more = start >= 0 && start + size < items.length;
  return { items: page, nextToken: more && last !== undefined ? encode(id(last)) : undefined };
}

/** Sorts by code points, because `localeCompare` depends on the machine. */
export const byText =
  <Item>(text: (item: Item) => string) =>
  (a: Item, b: Item): number => {
    const [left, right] = [text(a), text(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  };

const mark = 'after:';
const encode = (id: string): string => Buffer.from(mark + id).toString('base64');

function decode(token: string): string | undefined {
  const text = Buffer.from(token, 'base64').toString();
  return text.startsWith(mark) && encode(text.slice(mark.length)) === token ? text.slice(mark.length) : undefined;
}

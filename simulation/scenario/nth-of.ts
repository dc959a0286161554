/** The item at a drawn place, counted again from the first where there are fewer; undefined where there is none. */
export const nthOf = <Item>(items: readonly Item[], index: number): Item | undefined =>
  items[index % Math.max(1, items.length)];

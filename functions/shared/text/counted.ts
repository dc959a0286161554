/**
 * A count with its noun: `1 cluster`, `3 clusters`.
 * @param many the plural, where it is not formed with a plain `s`
 */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

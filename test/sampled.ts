/** Whether every one of many plays that are alike is wanted: `PROOFS=all npm run proofs`, which takes an hour and more. */
export const ALL_PROOFS = process.env.PROOFS === 'all';

/**
 * One in so many of plays that are alike, always the same ones, so that a proof run stays within CI's time.
 *
 * @param one in how many is played
 */
export const sampled = <Each>(all: readonly Each[], one: number): Each[] =>
  all.filter((_, index) => ALL_PROOFS || index % one === 0);

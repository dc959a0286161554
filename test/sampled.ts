/** Whether all of many similar runs are wanted: `PROOFS=all npm run proofs`, which takes more than an hour. */
export const ALL_PROOFS = process.env.PROOFS === 'all';

/**
 * One in several similar runs, always the same ones, so that a proof run stays within CI's time.
 *
 * @param one in how many is run
 */
export const sampled = <Each>(all: readonly Each[], one: number): Each[] =>
  all.filter((_, index) => ALL_PROOFS || index % one === 0);

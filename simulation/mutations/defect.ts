/** A defect that somebody could make. */
export interface Defect {
  /** What the defect breaks, in words. */
  readonly what: string;
  /** Path in `functions/`. */
  readonly file: string;
  /** The right code, which the file has exactly once. */
  readonly right: string;
  readonly wrong: string;
  /** Tests that can see it, in `functions/`. */
  readonly tests: readonly string[];
  /** The seed of a simulated day that sees the defect. The day is played where none of the tests sees it. */
  readonly seed?: number;
}

/** Makes defects in one file, which the same tests can see. */
export const defectIn =
  (file: string, tests: readonly string[]) =>
  (what: string, right: string, wrong: string): Defect => ({ what, file, right, wrong, tests });

/** Makes defects in several files, which the same tests can see. */
export const seenBy =
  (tests: readonly string[]) =>
  (what: string, file: string, right: string, wrong: string): Defect => ({ what, file, right, wrong, tests });

/** A defect that no test of the function needs to see, since the simulated day of a seed does. */
export const seenByDay = (seed: number, what: string, file: string, right: string, wrong: string): Defect => ({
  what: `${what}, seen by a day`,
  file,
  right,
  wrong,
  tests: [],
  seed,
});

/** The bounds of a pause, ms. */
const [SHORTEST, LONGEST] = [15_000, 5 * 60_000];

/** How long to wait for AWS, ms: as long again as it has taken so far. */
export const pauseAfter = (soFar: number): number => Math.min(LONGEST, Math.max(SHORTEST, soFar));

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Runs a full garbage collection. */
export const collectGarbage: () => void = runInNewContext('gc');

/** Live data on the heap, MiB. */
export function heapMebibytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/**
 * Live data on the heap, MiB, or any more than that which is at most `enough`: the garbage of a large heap is only
 * collected where it makes a difference.
 */
export function heapAtMost(enough: number): number {
  const withGarbage = process.memoryUsage().heapUsed / 2 ** 20;
  return withGarbage <= enough ? withGarbage : heapMebibytes();
}

/** Longer words are hardly typing errors, and comparing them would take long. */
const LONGEST = 64;

/** A shorter beginning says too little about which word was meant. */
const LEAST_BEGINNING = 4;

/**
 * The known word that was probably meant: the nearest one, if at most a third of its letters would have to change. Else
 * the only one that begins like that, so `desired` finds `desiredSize`. Case does not matter, so `nodegroups` finds
 * `nodeGroups`.
 */
export function nearestOf(given: string, known: Iterable<string>): string | undefined {
  if (given.length > LONGEST) return undefined;
  const words = [...known].filter((word) => word !== given);
  const [best] = words
    .filter((word) => word.length <= LONGEST)
    .map((word) => ({ word, distance: distanceBetween(given.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= Math.max(1, Math.floor(word.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  if (best !== undefined || given.length < LEAST_BEGINNING) return best?.word;
  const [only, ...others] = words.filter((word) => word.toLowerCase().startsWith(given.toLowerCase()));
  return others.length === 0 ? only : undefined;
}

/** ` Did you mean "explain"?`, or an empty text. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const nearest = nearestOf(given, known);
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
}

/** The number of letters to insert, delete, change or swap with their neighbour (optimal string alignment). */
function distanceBetween(a: string, b: string): number {
  let [beforeLast, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const at = (line: readonly number[], index: number): number => line[index] ?? Number.POSITIVE_INFINITY;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(last, j) + 1,
          at(row, j - 1) + 1,
          at(last, j - 1) + (same ? 0 : 1),
          swapped ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? a.length;
}

/**
 * Memoizes a function by its string arguments. Each reconcile creates its own, so that it sees one consistent state and
 * pays for each read once.
 */
export function once<Key extends readonly string[], Made>(make: (...key: Key) => Made): (...key: Key) => Made {
  const known = new Map<string, Made>();
  return (...key) => {
    const id = JSON.stringify(key);
    if (!known.has(id)) known.set(id, make(...key));
    return known.get(id) as Made;
  };
}

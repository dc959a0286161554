/**
 * The same function, which does its work once for the same texts: make one for each reconcile, so that a reconcile sees one
 * state and pays for it once.
 */
export function once<Key extends readonly string[], Made>(make: (...key: Key) => Made): (...key: Key) => Made {
  const known = new Map<string, Made>();
  return (...key) => {
    const id = JSON.stringify(key);
    if (!known.has(id)) known.set(id, make(...key));
    return known.get(id) as Made;
  };
}

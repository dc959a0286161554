/** A place in a JSON document: a member of an object, or an element of a list. */
export interface Place {
  readonly parent: object;
  readonly key: string;
  readonly value: unknown;
}

/** Deeper documents are texts only: `JSON.stringify` cannot write them. */
const DEEPEST = 300;

/**
 * A document in a list of its own, so that it is a place, too; undefined where a text is no JSON, or nests too deeply.
 */
export function readRoot(text: string): [unknown] | undefined {
  if (depthOf(text) > DEEPEST) return undefined;
  try {
    return [JSON.parse(text)];
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Brackets in strings count, too, which errs on the safe side. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** All places of a document, from the outside in. */
export function placesIn(root: object): Place[] {
  const places: Place[] = [];
  const left: object[] = [root];
  for (let parent = left.shift(); parent !== undefined; parent = left.shift()) {
    for (const [key, value] of Object.entries(parent)) {
      places.push({ parent, key, value });
      if (typeof value === 'object' && value !== null) left.push(value);
    }
  }
  return places;
}

/** Sets a member, also one that is called `__proto__`, as `JSON.parse` does. */
export function put(parent: object, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, writable: true, configurable: true });
}

/** Takes a member or element away. */
export function drop({ parent, key }: Place): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}

/** What lies open at a place of a JSON text: a list with its index, or an object with the keys that it has had. */
type Open =
  | { readonly path: string; index: number }
  | { readonly path: string; key: string; readonly keys: Set<string> };

/** Strings, and what opens, closes and parts. All else of a JSON text is blanks, numbers and words. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/g;

/**
 * The paths of keys that stand twice in one object. `JSON.parse` keeps the last one alone and tells nothing, so that a
 * section written twice loses its first half.
 *
 * @param text valid JSON
 */
export function doubleKeys(text: string): string[] {
  const found = new Set<string>();
  const open: Open[] = [];
  for (const [token, colon] of text.matchAll(TOKEN)) {
    const at = open.at(-1);
    if (token === '{') open.push({ path: pathOf(at), key: '', keys: new Set() });
    else if (token === '[') open.push({ path: pathOf(at), index: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && at !== undefined && 'index' in at) at.index += 1;
    else if (colon !== undefined && at !== undefined && 'keys' in at) {
      at.key = String(JSON.parse(token.slice(0, -colon.length)));
      if (at.keys.has(at.key)) found.add(pathOf(at));
      at.keys.add(at.key);
    }
  }
  return [...found];
}

function pathOf(at: Open | undefined): string {
  if (at === undefined) return '';
  const name = 'index' in at ? at.index : at.key;
  return at.path === '' ? `${name}` : `${at.path}.${name}`;
}

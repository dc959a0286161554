import type * as z from 'zod';

/** Zod puts no member of this name into what it has parsed. */
const LOST = '__proto__';

/**
 * Names each member of a policy document that validation has left out without an issue: one fault each. In a set of names
 * such as the tags of an override, zod leaves out members called `__proto__` (zod 4.6.7, `core/schemas.ts`, `$ZodRecord`).
 * The override would select by the other tags alone, and hold in more places than it says.
 *
 * @param issues of the validation; they name members of that name elsewhere
 */
export function lostNames(document: unknown, issues: readonly z.core.$ZodIssue[]): string[] {
  const named = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
    ),
  );
  return pathsIn(document).flatMap((path) =>
    named.has(path) ? [] : [`${path}: no member can have this name, remove it`],
  );
}

/** The paths of all members of that name. A document may nest deeper than the stack allows calls. */
function pathsIn(document: unknown): string[] {
  const found: string[] = [];
  const left: Array<readonly [within: unknown, path: string]> = [[document, '']];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [within, path] = next;
    if (typeof within !== 'object' || within === null) continue;
    // `JSON.parse` makes a member of that name like any other.
    for (const [name, value] of Object.entries(within)) {
      const here = path === '' ? name : `${path}.${name}`;
      if (name === LOST) found.push(here);
      else left.push([value, here]);
    }
  }
  return found;
}

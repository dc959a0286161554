import * as z from 'zod';
import type { Match, Override } from './override.ts';
import { isNoLooser, strictnessOf } from './strictness.ts';

/** The value at a path such as `drain.within`. */
export const valueAt = (within: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
      within,
    );

/** Whether an override selects by tags, which others may set. */
export const isByTag = ({ tags = {} }: Match): boolean => Object.keys(tags).length > 0;

/** The section with the changes of an override. An override by tag changes nothing to a looser value. */
export function withOverride(held: unknown, { match, ...sections }: Override, section: string): unknown {
  const part = sections[section];
  if (part === undefined) return held;
  const byTag = isByTag(match);
  return Object.entries(strictnessOf(section) ?? {}).reduce((merged, [path, strictness]) => {
    const value = valueAt(part, path);
    if (value === undefined || (byTag && !isNoLooser(strictness, value, valueAt(merged, path), merged))) return merged;
    return withValue(merged, path.split('.'), value);
  }, held);
}

function withValue(within: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const changed = rest.length === 0 ? value : withValue(valueAt(within, key), rest, value);
  return { ...(typeof within === 'object' && within), [key]: changed };
}

/** A fault among the keys of a section, each of which is valid by itself. */
export function faultAmong(
  section: z.ZodType,
  merged: unknown,
): { readonly path: readonly string[]; readonly message: string } | undefined {
  const { checks = [] } = section.def;
  if (checks.length === 0) return undefined;
  // Checks take the parsed section, and that is what is merged here.
  const rules = checks as readonly unknown[] as ReadonlyArray<z.core.$ZodCheck<unknown>>;
  const [issue] =
    z
      .unknown()
      .check(...rules)
      .safeParse(merged).error?.issues ?? [];
  return issue && { path: issue.path.map(String), message: issue.message };
}

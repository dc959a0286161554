import * as z from 'zod';
import type { Match, Override } from './override.ts';
import { isNoLooser, strictnessOf } from './strictness.ts';

/** What stands at a path such as `drain.within`. */
export const valueAt = (within: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
      within,
    );

/** Whether tags say whom it is for: others may set them. */
export const isByTag = ({ tags = {} }: Match): boolean => Object.keys(tags).length > 0;

/** A section as it is with what the override changes of it. One by tag changes nothing that would become looser. */
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

/** What is wrong among the keys of a section, which each by itself are right. */
export function faultAmong(
  section: z.ZodType,
  merged: unknown,
): { readonly path: readonly string[]; readonly message: string } | undefined {
  const { checks = [] } = section.def;
  if (checks.length === 0) return undefined;
  // They take what the section gives, which is what is merged here.
  const rules = checks as readonly unknown[] as ReadonlyArray<z.core.$ZodCheck<unknown>>;
  const [issue] =
    z
      .unknown()
      .check(...rules)
      .safeParse(merged).error?.issues ?? [];
  return issue && { path: issue.path.map(String), message: issue.message };
}

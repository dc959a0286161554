import type * as z from 'zod';

/** One issue as `upgrades.bakeAge: must be …`. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .map((key) => `${[...issue.path, key].join('.')}: unknown key, remove it or correct its spelling`)
      .join('; ');
  }
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}

import type * as z from 'zod';
import { faultsOfMeantForm, fixOf, type Misfit, meantKey } from '../text/fix-of-issue.ts';

/**
 * Describes one issue as `upgrades.bakeAge: must be …`.
 *
 * @param misfit a document written by hand, with its schema; a near miss then gets a suggestion
 */
export function describeIssue(issue: z.core.$ZodIssue, misfit?: Misfit): string {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .map((key) => {
        const meant = misfit === undefined ? '' : meantKey(key, issue.path, misfit);
        return `${[...issue.path, key].join('.')}: unknown key, remove it or correct its spelling${meant && `.${meant}`}`;
      })
      .join('; ');
  }
  // A schema with a message of its own says more than one of its forms would.
  if (issue.code === 'invalid_union' && issue.message.startsWith('Invalid ')) {
    const faults = faultsOfMeantForm(issue);
    if (faults.length > 0)
      return faults
        .map((fault) => describeIssue({ ...fault, path: [...issue.path, ...fault.path] }, misfit))
        .join('; ');
  }
  const fix = misfit === undefined ? undefined : fixOf(issue, issue.path, misfit);
  const message = fix ?? issue.message;
  return issue.path.length === 0 ? message : `${issue.path.join('.')}: ${message}`;
}

import { isWarmed } from '../../shared/fleet/lifecycle.ts';
import { counted } from '../../shared/text/counted.ts';
import type { Member } from './observation.ts';

/**
 * The members that have an AMI to last: those in service, and those of the warm pool, which a scale-out puts into
 * service as they are. An instance refresh replaces both. Source: Auto Scaling user guide, "Warm pools for Amazon EC2
 * Auto Scaling", Update instances in a warm pool.
 */
export const stayingMembers = (members: readonly Member[]): Member[] =>
  members.filter(({ lifecycleState }) => lifecycleState === 'InService' || isWarmed(lifecycleState));

/** The same in words, such as `3 workers in service and 2 in the warm pool`. */
export function membersInWords(staying: readonly Member[]): string {
  const pooled = staying.filter(({ lifecycleState }) => isWarmed(lifecycleState)).length;
  return `${counted(staying.length - pooled, 'worker')} in service${pooled === 0 ? '' : ` and ${pooled} in the warm pool`}`;
}

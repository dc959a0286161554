import type { EC2Client } from '@aws-sdk/client-ec2';
import { describeInstances, EXISTING, filtersOf } from '../shared/fleet/instances.ts';
import { read } from '../shared/fleet/reading.ts';
import { isOptedOut } from '../shared/fleet/scope.ts';
import { tagsOf } from '../shared/fleet/worker.ts';
import type { GroupState } from './posture-ledger.ts';

/** Ids of the workers of a group on which checks failed when they were looked at last. */
export const hostsThatFailed = ({ findings }: Pick<GroupState, 'findings'>): string[] => [
  ...new Set(Object.values(findings).flatMap(({ hosts = [] }) => hosts)),
];

/**
 * Which of the workers that failed exist as ever, although they told nothing this time: somebody may have stopped the
 * agent of one, or set a tag by which it is left out. One that opted out counts no more. Where EC2 does not tell, all
 * of them may exist.
 *
 * @param told ids of the workers that told something
 */
export async function silentHosts(
  ec2: EC2Client,
  states: Iterable<Pick<GroupState, 'findings'>>,
  told: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const failed = [...states].flatMap(hostsThatFailed).filter((id) => !told.has(id));
  const filters = filtersOf('instance-id', failed).map((filter) => [filter, EXISTING]);
  const reading = await read(() => describeInstances(ec2, filters), 'tell');
  if (reading.kind !== 'found') return new Set(failed);
  const existing = reading.found.filter((instance) => !isOptedOut(tagsOf(instance)));
  return new Set(existing.map(({ InstanceId = '' }) => InstanceId));
}

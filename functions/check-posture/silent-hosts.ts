import { describeInstances, EXISTING, filtersOf } from '../shared/fleet/instances.ts';
import { isOutOfService, readLifecycleStates } from '../shared/fleet/lifecycle.ts';
import { read } from '../shared/fleet/reading.ts';
import { isOptedOut } from '../shared/fleet/scope.ts';
import { tagsOf } from '../shared/fleet/worker.ts';
import type { ObserveClients } from './observe.ts';
import type { GroupState } from './posture-ledger.ts';

/** Ids of the workers of a group on which checks failed when they were looked at last. */
export const hostsThatFailed = ({ findings }: Pick<GroupState, 'findings'>): string[] => [
  ...new Set(Object.values(findings).flatMap(({ hosts = [] }) => hosts)),
];

/**
 * Which of the workers that failed exist as ever, although they told nothing this time: somebody may have stopped the
 * agent of one, or set the tag of a quarantine. One that opted out, or that Auto Scaling has out of service, counts no
 * more. Where AWS does not tell, all of them may exist.
 *
 * @param told ids of the workers that told something
 */
export async function silentHosts(
  { autoScaling, ec2 }: Pick<ObserveClients, 'autoScaling' | 'ec2'>,
  states: Iterable<Pick<GroupState, 'findings'>>,
  told: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const failed = [...states].flatMap(hostsThatFailed).filter((id) => !told.has(id));
  const filters = filtersOf('instance-id', failed).map((filter) => [filter, EXISTING]);
  const reading = await read(async () => {
    const existing = (await describeInstances(ec2, filters)).filter((instance) => !isOptedOut(tagsOf(instance)));
    const lifecycles = await readLifecycleStates(autoScaling, existing);
    const ids = existing.map(({ InstanceId = '' }) => InstanceId);
    return ids.filter((id) => !isOutOfService(lifecycles.get(id)));
  }, 'tell');
  return new Set(reading.kind === 'found' ? reading.found : failed);
}

import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { decideGroup } from './decide-group.ts';
import type { Circumstances } from './decision.ts';
import { readExposedGroups } from './exposed-group-ledger.ts';
import { carryOutGroup, type HardenDeps } from './harden.ts';
import { type UserClients, withUsers } from './observe-users.ts';
import type { DecidedGroup, Plan } from './plan.ts';

const isSilent = ({ decision }: DecidedGroup): boolean => decision.silent === true;

/**
 * Reports groups that are public by design, and closes their exposure where the policy wants it. What is remembered of them,
 * and who else uses what is to be closed, is read here, after every worker: the latter may be a whole cluster.
 *
 * @returns what was decided about each
 */
export async function closeGroups(
  deps: HardenDeps & UserClients,
  readCluster: ClusterReader,
  { groups, slots }: Plan,
  circumstances: Omit<Circumstances, 'slots'>,
  onTrouble: (error: unknown) => void,
): Promise<readonly DecidedGroup[]> {
  // Of those that are not public each worker tells for itself.
  const [silent, others] = [groups.filter(isSilent), groups.filter((group) => !isSilent(group))];
  const told = others.map(({ observation }) => observation);
  if (told.length === 0) return groups;
  try {
    // Those that an operator asked about have been read with what is remembered of them.
    const unread = told.filter(({ request }) => request === undefined).map(({ key }) => subjectOf(key));
    const states = unread.length === 0 ? new Map() : await readExposedGroups(deps.ledger, unread);
    const remembered = told.map((group) => ({ ...group, state: states.get(subjectOf(group.key)) ?? group.state }));
    const known = await withUsers(deps, readCluster, remembered, circumstances);
    const decided = known.map((observation) => ({
      observation,
      decision: decideGroup(observation, { ...circumstances, slots }),
    }));
    for (const group of decided) await carryOutGroup(deps, group).catch(onTrouble);
    return [...silent, ...decided];
  } catch (error) {
    onTrouble(error);
    return groups;
  }
}

import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { withReadableItems } from '../../shared/ledger/ledger.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { decideGroup } from '../decide/decide-group.ts';
import { wantedClosed } from '../decide/exposure-text.ts';
import type { Circumstances } from '../model/decision.ts';
import { EXPOSED_GROUP_PK, readExposedGroups } from '../model/exposed-group-ledger.ts';
import type { GroupObservation } from '../model/observation.ts';
import { type UserClients, unreadUser, withUsers } from '../observe/observe-users.ts';
import type { DecidedGroup, Plan } from '../plan/plan.ts';
import { carryOutGroup, type HardenDeps } from './harden.ts';

const isSilent = ({ decision }: DecidedGroup): boolean => decision.silent === true;

/**
 * Reports groups that are public by design, and closes their exposure where the policy wants it. Their states, and the
 * other users of what is to be closed, are read here, after every worker: the users may be a whole cluster.
 *
 * @returns the decision about each group
 */
export async function closeGroups(
  deps: HardenDeps & UserClients,
  readCluster: ClusterReader,
  { groups, slots }: Plan,
  circumstances: Omit<Circumstances, 'slots'>,
  onTrouble: (error: unknown) => void,
): Promise<readonly DecidedGroup[]> {
  // A worker of any other group has a record of its own.
  const [silent, others] = [groups.filter(isSilent), groups.filter((group) => !isSilent(group))];
  const told = others.map(({ observation }) => observation);
  if (told.length === 0) return groups;
  try {
    // The states of groups that an operator asked about have been read already.
    const unread = told.filter(({ request }) => request === undefined).map(({ key }) => subjectOf(key));
    const states = unread.length === 0 ? new Map() : await readExposedGroups(deps.ledger, unread);
    const readable = withReadableItems(deps.ledger, EXPOSED_GROUP_PK, told, ({ key }) => subjectOf(key));
    const remembered = readable.map((group) => ({ ...group, state: states.get(subjectOf(group.key)) ?? group.state }));
    const known = await withUsers(deps, readCluster, remembered, circumstances);
    const isLater = (observation: GroupObservation): boolean => {
      const { securityGroups, subnets } = wantedClosed(observation, circumstances);
      const trouble = unreadUser(observation, [...securityGroups, ...subnets]);
      if (trouble === undefined || observation.request !== undefined) return false;
      onTrouble(trouble);
      return true;
    };
    const later = new Set(known.filter(isLater).map(({ key }) => subjectOf(key)));
    const isNow = ({ observation: { key } }: DecidedGroup) => !later.has(subjectOf(key));
    const decided = known.map((observation) => ({
      observation,
      decision: decideGroup(observation, { ...circumstances, slots }),
    }));
    for (const group of decided.filter(isNow)) await carryOutGroup(deps, group).catch(onTrouble);
    return [...silent, ...decided];
  } catch (error) {
    onTrouble(error);
    return groups;
  }
}

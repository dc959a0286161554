import { keyOf, subjectOf } from '../shared/ledger/node-group-key.ts';
import { NOTHING_TOLD, tellOnce } from '../shared/ledger/tell-once.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { Decision } from './decide.ts';
import { decideUserData } from './decide-user-data.ts';
import type { TellDeps } from './decided-fleet.ts';
import type { GroupLaunches } from './group-launches.ts';
import type { Rotations } from './observe-rotations.ts';
import { saveUserDataTold, type Told } from './support-ledger.ts';

/** Records which groups have user data that embeds a former authority of their cluster. */
export async function tellUserData(
  deps: TellDeps,
  trigger: Trigger,
  { told, ...seen }: Rotations & { readonly told: ReadonlyMap<string, Told> },
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const ofOwners = [...seen.groups.values()].flat().filter(({ sources }) => sources.length > 0);
  const groups = new Map(ofOwners.map((group) => [subjectOf(group), group]));
  const tellOf = async (subject: string): Promise<void> => {
    const decision = decideGroup(subject, groups.get(subject), seen);
    if (decision === undefined) return;
    const incident = `user data ${subject}`;
    const about = { subject: keyOf(subject), trigger, incident, check: 'authority-in-user-data' };
    const save = (state: Told, writer: string) =>
      saveUserDataTold(deps.ledger, subject, state, deps.clock.now(), writer);
    await tellOnce(deps, told.get(subject) ?? NOTHING_TOLD, about, decision, save);
  };
  for (const subject of new Set([...groups.keys(), ...told.keys()])) await tellOf(subject).catch(onTrouble);
}

/** @returns undefined where nobody knows just now: the next run reads it again */
function decideGroup(
  subject: string,
  group: GroupLaunches | undefined,
  { clusters, isLeft, authorities, judgedBy, groups }: Rotations,
): Decision | undefined {
  const { cluster } = keyOf(subject);
  const rotation = judgedBy.get(cluster);
  if (group !== undefined && rotation !== undefined) {
    return decideUserData(group, rotation, clusters.get(cluster)?.certificateAuthority?.data);
  }
  const isOver =
    isLeft(cluster) || (rotation === undefined ? authorities.get(cluster)?.kind === 'found' : groups.has(cluster));
  return isOver ? USER_DATA_OVER : undefined;
}

const USER_DATA_OVER: Decision = {
  decision: 'done',
  reason: 'user-data-trusts',
  message: 'The group does not exist any more, or is left alone, or no certificate authority is being rotated.',
  variant: 'over',
};

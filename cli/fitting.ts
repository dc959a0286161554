import { REMEDIATIONS } from '../functions/remediations.ts';
import { offersFor } from '../functions/review-actions/offers.ts';
import type { Offer, OperatorAction } from '../functions/shared/intake/operator-action.ts';
import { visible } from '../functions/shared/text/visible.ts';
import type { Asked, AskedAbout } from './ask.ts';
import type { Surroundings } from './command.ts';
import { readFleetNow, readTheirRecords, subjectOf } from './fleet.ts';
import { readIncident } from './incident.ts';
import { withinScope } from './scope.ts';
import { readWaveMembers } from './upgrade-policy.ts';

/** How far back to look for the records of a wave, ms. */
const WAVE_FROM = 30 * 86_400_000;

/** The actions on offer for the matching subjects, by their latest records, as on the dashboard. */
export async function offersIn(
  surroundings: Surroundings,
  action: OperatorAction,
  { allIn, wave, plan }: Pick<Asked, 'allIn' | 'wave' | 'plan'>,
): Promise<Offer[]> {
  const { words } = await readFleetNow(surroundings);
  const inPlace = words.filter((word) => withinScope(word, allIn ?? {}));
  const subjects = wave === undefined ? undefined : await subjectsIn(surroundings, wave);
  const meant = inPlace.filter((word) => subjects === undefined || subjects.has(subjectOf(word)));
  const records = await readTheirRecords(surroundings, meant);
  return [...Map.groupBy(meant, subjectOf).values()].flatMap((ours) => {
    const theirs = ours.flatMap(({ id }) => records.get(id) ?? []);
    return offersFor(theirs, REMEDIATIONS).filter(
      (offer) => offer.action === action && (plan === undefined || offer.plan === plan),
    );
  });
}

/** The subject of an offer, as events name it; undefined where they cannot name it. */
export function aboutOf({ subject: { cluster, nodegroup, instance } }: Offer): AskedAbout | undefined {
  if (instance !== undefined) return { instanceId: instance };
  return cluster === undefined || nodegroup === undefined
    ? undefined
    : { clusterName: cluster, nodegroupName: nodegroup };
}

export const nameOfAsked = (about: AskedAbout): string =>
  'instanceId' in about ? about.instanceId : `${about.clusterName}/${about.nodegroupName}`;

/**
 * The subjects of a wave: the node groups of a wave of the policy, or everything that an event or an incident led to.
 */
async function subjectsIn(surroundings: Surroundings, wave: string): Promise<Set<string>> {
  const members = await readWaveMembers(surroundings, wave);
  if (members instanceof Set) return members;
  // The name may still be that of an event.
  if (members !== undefined) surroundings.note(`The waves of the policy are not known. ${visible(members.error)}`);
  const since = Math.max(0, surroundings.clock.now() - WAVE_FROM);
  const records = await readIncident(surroundings, { event: wave }, since);
  return new Set(records.map(subjectOf));
}

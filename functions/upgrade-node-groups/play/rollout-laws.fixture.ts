import { minorOf, nextVersion } from '../../shared/fleet/kubernetes-version.ts';
import { HOUR } from '../model/observation.fixture.ts';
import type { ModelGroup } from './eks-model.fixture.ts';
import { WINDOWS } from './fleet-policy.fixture.ts';
import type { Event, FleetPlay } from './play-fleet.fixture.ts';
import { approvedAt, failedSince, failedWith, firstSeen, lastResume, wasTakenBack } from './play-history.fixture.ts';
import { goesAlone, hasPassedEarlierWaves } from './wave-laws.fixture.ts';

type Law = (play: FleetPlay, start: Event) => boolean;

/** The groups other than the one that starts that are known to be under way. */
const busy = ({ model }: FleetPlay, start: Event): ModelGroup[] =>
  model.groups.filter(
    (group) =>
      group !== start.group &&
      (model.isUpdating(group) || (model.isUpdatedBySomebody(group) && !model.has(group, 'unreadable'))),
  );

const isNewTo = ({ model }: FleetPlay, { given }: ModelGroup): boolean =>
  given.troubles.some(
    ({ kind, from }) => kind === 'updated-by-somebody' && Math.abs(model.start + from * HOUR - model.now) < HOUR,
  );

const specialOf = ({ group }: Pick<Event, 'group'>) => group.given.special;
const follows = ({ from, version }: Event): boolean => from !== undefined && from.version !== version;

/** Whether a window is open by the clocks of Berlin: it has opened at its hour, and its hours have not passed since. */
function isOpen(at: number, { hour, hours }: { readonly hour: number; readonly hours: number }): boolean {
  const inBerlin = (time: number) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' }).format(time);
  const opens = `${String(hour).padStart(2, '0')}:00`;
  for (let time = at; time > at - hours * HOUR; time -= HOUR / 2) if (inBerlin(time) === opens) return true;
  return false;
}

/** Whether an alarm or a calendar keeps every group from starting. */
const isGateClosed = ({ model }: FleetPlay): boolean => model.fleet.gates.some((gate) => model.lasts(gate));

/** The laws that no start may break, by the fleet as it is at that moment and by what has happened before. */
export const LAWS: Readonly<Record<string, Law>> = {
  'the budget of a cluster': (play, start) => {
    const { cluster } = start.group.given;
    const most = cluster === 1 ? 2 : play.model.fleet.policy.perCluster;
    return busy(play, start).filter(({ given }) => given.cluster === cluster).length < most;
  },
  // An update that somebody has just begun in another cluster is known from the next sweep on.
  'the budget of the account': (play, start) =>
    busy(play, start).filter((group) => !isNewTo(play, group)).length < play.model.fleet.policy.perAccount,
  'the change windows': ({ model: { fleet } }, start) => {
    const { windows } = fleet.policy;
    const which = windows === 'always' && specialOf(start) === 'shut' ? 'early' : windows;
    return which === 'always' || isOpen(start.at, WINDOWS[which]);
  },
  'alarms and calendars': (play) => !isGateClosed(play),
  'the gate of nodes and pods': ({ model }, { group, at, releaseVersion, from, version }) => {
    if (!model.fleet.policy.areNodesAndPodsAGate || group.given.isCustom || from?.version !== version) return true;
    const troubles = model.groups
      .filter(({ key }) => key.cluster === group.key.cluster)
      .flatMap(({ given }) => given.troubles);
    // The release did not make a pod pending that was pending when it came out. A new pod may take some minutes.
    return !troubles.some((each) => {
      const since = model.start + each.from * HOUR;
      const isNew = since >= firstSeen(model, releaseVersion, at) + HOUR && since < at;
      return model.lasts(each) && (each.kind === 'pods-unreadable' || (each.kind === 'pods-pending' && isNew));
    });
  },
  'what a look before has found': ({ model }, { group }) => !model.has(group, 'blocked'),
  'an opt-out': ({ model }, { group }) => !model.has(group, 'opted-out') && !model.has(group, 'cluster-opted-out'),
  'the kill switch': ({ model: { fleet, lasts } }) => fleet.killSwitch === undefined || !lasts(fleet.killSwitch),
  'what cannot be read, is unhealthy or updated by somebody': ({ model }, { group }) =>
    !model.has(group, 'unreadable') && !model.has(group, 'unhealthy') && !model.isUpdatedBySomebody(group),
  'the bake time': ({ model }, start) => {
    const special = specialOf(start);
    const hours = special === 'slow' ? 36 : special === 'named' ? 0 : model.fleet.policy.bakeHours;
    // A release that was there when the play began is first seen then.
    const seen = start.group.given.isCustom
      ? model.releases.publishedAt(start.releaseVersion)
      : Math.max(model.start, model.releases.publishedAt(start.releaseVersion));
    return start.at >= seen + hours * HOUR;
  },
  'that nothing goes back': ({ model }, { version, releaseVersion, from }) => {
    if (from === undefined) return false;
    const [before, after] = [from.releaseVersion, releaseVersion].map(model.releases.publishedAt) as [number, number];
    return minorOf(version) > minorOf(from.version) ? after >= before : version === from.version && after > before;
  },
  'that nothing is taken that was taken back': (play, start) =>
    start.group.given.isCustom || !wasTakenBack(play, start),
  'the skew of Kubernetes versions': ({ model }, start) => {
    if (!follows(start)) return true;
    const { group, version, from } = start;
    const { changing, isRolledBack, since } = model.controlPlaneOf(group);
    const cluster = model.clusterOf(group).version;
    return (
      changing === undefined &&
      !isRolledBack &&
      minorOf(version) <= minorOf(cluster) &&
      version === nextVersion(from?.version ?? '', cluster) &&
      since + model.fleet.policy.followAfter * HOUR <= start.at &&
      !model.hasInsights()
    );
  },
  'that a group with an AMI of its own takes no release of EKS': (_, { group, releaseVersion }) =>
    group.given.isCustom === releaseVersion.startsWith('ami-'),
  'an approval that is asked for': (play, start) => {
    const isAsked =
      specialOf(start) === 'asked' || (follows(start) && play.model.fleet.policy.followMode === 'observe');
    return !isAsked || approvedAt(play, start.group, start, follows(start)) !== undefined;
  },
  'the number of attempts': (play, start) => {
    const isOwn = ({ group }: Event) => group === start.group;
    const since = lastResume(play, isOwn);
    const failed = failedSince(play, since, (event) => isOwn(event) && event.releaseVersion === start.releaseVersion);
    return failed.length < play.model.fleet.policy.stopAfterFailures;
  },
  'the breaker of a release': (play, start) => failedWith(play, start).size < play.model.fleet.policy.releaseBreaker,
  'the order of waves': hasPassedEarlierWaves,
  'that the first one goes alone': goesAlone,
};

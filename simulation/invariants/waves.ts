import { versionOfImage } from '../scenario/parts/own-images.ts';
import { closedFor, GATE } from '../scenario/parts/rollout.ts';
import { watchUrgent } from './hastened.ts';
import { type Day, type Invariant, isChange } from './invariant.ts';
import { releaseOf } from './moved-to.ts';
import { watchVersions } from './settled.ts';
import { dateOf, type Taker, takersOf, watchPins } from './takers.ts';

/** The Kubernetes version of a release of AL2023, which its name begins with, or of an AMI of its owner. */
const minorOf = (releaseVersion: string): string =>
  versionOfImage(releaseVersion) ?? releaseVersion.split('.', 2).join('.');

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** An upgrade may start some minutes after gate and window were read: calls are repeated with pauses. */
const STARTS_WITHIN_MS = 10 * MINUTE_MS;

/** A release that a taker runs, or ran. */
interface Run {
  readonly releaseVersion: string;
  /** When it was not seen to run yet for the last time, epoch ms: a function may see it sooner than this does. */
  readonly since: number;
  /** Absent: the release still runs. */
  until?: number;
}

/**
 * A release takes wave after wave, through node groups and node classes alike, the first of them goes alone, and nothing
 * starts while the gate or the window is closed.
 */
export function waves(day: Day): Invariant {
  const { account } = day.run;
  const { waves: planned, gate, window, vulnerabilities } = day.scenario;
  if (planned === undefined && gate === undefined && window === undefined) return {};
  const urgent = watchUrgent(day);
  const versions = watchVersions(day);
  const runs = new Map<string, Run[]>();
  const runsOf = ({ name }: Taker): Run[] => runs.get(name) ?? [];

  /** The releases that any taker has run, with its AMI type: of one that is gone, too. */
  const taken = new Set<string>();

  let watchedAt = 0;
  /** Keeps since when each taker runs what it runs. */
  const look = (takers: readonly Taker[]): void => {
    for (const { name, amiType, releaseVersion } of takers) {
      taken.add(`${amiType} ${releaseVersion}`);
      const known = runs.get(name) ?? [];
      const last = known.at(-1);
      if (last?.releaseVersion === releaseVersion) continue;
      if (last !== undefined) last.until = account.time.now;
      runs.set(name, [...known, { releaseVersion, since: watchedAt }]);
    }
  };

  const checkOrder = (starter: Taker, releaseVersion: string, all: readonly Taker[]): void => {
    if (planned === undefined) return;
    const alike = all.filter(({ amiType }) => amiType === starter.amiType);
    const takers = alike.filter(({ counts, versions }) => counts && versions.includes(minorOf(releaseVersion)));
    // Urgent findings shorten the time between waves, too.
    const { urgentBakeMinutes = Infinity } = urgent.isHastened(starter.name) ? (vulnerabilities ?? {}) : {};
    const bakesFor = Math.min(planned.bakeMinutes, urgentBakeMinutes) * MINUTE_MS;
    const hasBaked = (other: Taker): boolean =>
      runsOf(other).some(
        (run) => run.releaseVersion === releaseVersion && (run.until ?? account.time.now) - run.since >= bakesFor,
      );
    // One that moved on sooner has passed the release over. Then another one of its wave must have tried it.
    const isPassed = (other: Taker): boolean =>
      hasBaked(other) ||
      (minorOf(other.releaseVersion) === minorOf(releaseVersion) &&
        other.releaseVersion > releaseVersion &&
        takers.some((mate) => mate.place === other.place && hasBaked(mate)));
    const behind = takers.find((other) => other.place < starter.place && !isPassed(other));
    if (behind !== undefined) {
      day.breach('the order of waves', `${starter.name} takes ${releaseVersion} before ${behind.name}`);
    }
    // Whoever runs it has shown that it works, also where nobody waits for that one.
    const mover = alike.find(
      (other) => other.counts && other.name !== starter.name && other.taking.includes(releaseVersion),
    );
    if (!taken.has(`${starter.amiType} ${releaseVersion}`) && mover !== undefined) {
      day.breach('the first one goes alone', `${starter.name} takes ${releaseVersion} beside ${mover.name}`);
    }
  };

  const checkGate = ({ name }: Taker): void => {
    const last = account.cloudWatch.alarms.all.find(({ watched }) => watched.definition.name === GATE)?.history.at(-1);
    if (last === undefined || last.to === 'OK' || last.at + STARTS_WITHIN_MS > account.time.now) return;
    day.breach('the gate', `${name} is upgraded, and ${GATE} is ${last.to}`);
  };

  const checkWindow = ({ name }: Taker): void => {
    if (window !== undefined && closedFor(window, account.time.now) > STARTS_WITHIN_MS)
      day.breach('the window', `${name} is upgraded while the window is closed`);
  };

  const changedPins = watchPins();
  const onStart = (starter: Taker, releaseVersion: string, takers: readonly Taker[]): void => {
    checkOrder(starter, releaseVersion, takers);
    checkWindow(starter);
    if (gate !== undefined) checkGate(starter);
  };
  const watch = (): readonly Taker[] => {
    urgent.look();
    versions.look();
    const takers = takersOf(day, versions.of);
    look(takers);
    watchedAt = account.time.now;
    for (const { taker, from, date, release } of changedPins(takers)) {
      // What its nodes run is not new to it. A class that floats gets more of its newest release with or without a pin.
      const known = from === undefined ? taker.newestRun : taker.releaseVersion;
      if (release !== undefined && date !== dateOf(known)) onStart(taker, release, takers);
    }
    return takers;
  };
  return {
    onTick: () => void watch(),
    onCall(call) {
      // Reads change nothing, and most calls follow others within the same second.
      const mayChange = isChange(call) || call.service === 'kubernetes';
      if (!mayChange && account.time.now - watchedAt < SECOND_MS) return;
      const takers = watch();
      if (call.operation !== 'UpdateNodegroupVersion' || !isChange(call)) return;
      const { clusterName, nodegroupName } = call.input;
      const starter = takers.find(({ name }) => name === `${clusterName}/${nodegroupName}`);
      if (starter !== undefined) onStart(starter, releaseOf(day, call), takers);
    },
  };
}

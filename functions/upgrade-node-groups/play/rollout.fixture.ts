import { expect } from 'vitest';
import { minorOf } from '../../shared/fleet/kubernetes-version.ts';
import { HOUR } from '../model/observation.fixture.ts';
import type { AnyFleet } from './any-fleet.fixture.ts';
import { firstVersionOf, type ModelGroup } from './eks-model.fixture.ts';
import { FleetPlay } from './play-fleet.fixture.ts';
import { free, goalOf } from './rollout-goals.fixture.ts';
import { LAWS } from './rollout-laws.fixture.ts';

/** How many days a play lasts: longer than any fleet needs that reaches its goals at all. */
const DAYS = 24;

/**
 * Plays a fleet until every group that nothing forbids for ever has reached its goal. No start may break a law on the
 * way, and each of those groups must stand at its goal in the end.
 */
export async function judge(fleet: AnyFleet): Promise<FleetPlay> {
  const broken: string[] = [];
  const play = new FleetPlay(fleet, (at, start) => {
    for (const [law, holds] of Object.entries(LAWS)) {
      const hour = (start.at - at.model.start) / HOUR;
      if (!holds(at, start))
        broken.push(`${start.group.key.nodegroup} to ${start.releaseVersion} in hour ${hour}: ${law}`);
    }
  });
  const ends = () =>
    free(play).map((group) => ({
      group: group.key.nodegroup,
      version: group.version,
      releaseVersion: group.releaseVersion,
    }));
  const goals = () => free(play).map((group) => ({ group: group.key.nodegroup, ...goalOf(play, group) }));
  await play.play(DAYS, () => JSON.stringify(ends()) === JSON.stringify(goals()));
  expect(broken).toEqual([]);
  expect(ends()).toEqual(goals());
  return play;
}

/** The starts, in their order, that upgrade a group again while another one waits on an older release. */
export function overtaken({ events, model }: FleetPlay): string[] {
  const runs = new Map(
    model.groups.map(({ key, given }) => [key.nodegroup, model.releases.nameOf('1.33', -40 - given.age)]),
  );
  const firstOf = new Map<string, number>();
  const moved = new Set<string>();
  return events.flatMap(({ kind, group, from, releaseVersion, at }) => {
    if (kind !== 'start' || from === undefined) return [];
    const { nodegroup } = group.key;
    const [oldest] = [...runs.values()].sort();
    // The sweep in which a release becomes the target does not know yet that other groups wait. Only then may a group
    // that has not moved yet be first because it is reconciled first.
    const first = firstOf.get(releaseVersion) ?? at;
    firstOf.set(releaseVersion, first);
    const isOvertaking = oldest !== from.releaseVersion && (moved.has(nodegroup) || at !== first);
    moved.add(nodegroup);
    runs.set(nodegroup, releaseVersion);
    return isOvertaking ? [`${nodegroup} to ${releaseVersion}`] : [];
  });
}

/**
 * The starts of groups that follow their control plane while one at an older Kubernetes version waits; and how many
 * groups follow at all.
 */
export function newerFirst({ events, model }: FleetPlay): { readonly early: string[]; readonly starts: number } {
  const runs = new Map(model.groups.map((group) => [group, minorOf(firstVersionOf(group.given))]));
  const starts = events.filter(({ kind, from, version }) => kind === 'start' && from && from.version !== version);
  const [first] = starts;
  const early = starts.flatMap(({ group, version, at }) => {
    // A group that has moved waits for its next version from the next sweep on.
    const hasMoved = (other: ModelGroup) =>
      events.some(
        (event) => event.kind === 'success' && event.group === other && at - event.at <= HOUR && event.at <= at,
      );
    const waiting = [...runs].filter(([other]) => !hasMoved(other)).map(([, minor]) => minor);
    // The first sweep does not know that other groups wait.
    const isEarly = (runs.get(group) ?? 0) > Math.min(...waiting) && at !== first?.at;
    runs.set(group, minorOf(version));
    return isEarly ? [`${group.key.nodegroup} to ${version}`] : [];
  });
  return { early, starts: starts.length };
}

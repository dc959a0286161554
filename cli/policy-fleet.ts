import type { EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { type Policy, policySections } from '../functions/policy-document.ts';
import {
  createClusterReader,
  describeNodeGroup,
  listClusters,
  listNodeGroups,
} from '../functions/shared/fleet/fleet.ts';
import { isInScope, isOptedOut } from '../functions/shared/fleet/scope.ts';
import { valueAt } from '../functions/shared/policy/merge-override.ts';
import { isInvalid } from '../functions/shared/policy/policy.ts';
import { fits, type Place, policyAt } from '../functions/shared/policy/policy-at.ts';
import { strictnessOf } from '../functions/shared/policy/strictness.ts';
import { waveOf } from '../functions/shared/rollouts/wave-place.ts';
import { READ_CONCURRENCY } from '../functions/shared/runtime/aws-client.ts';

/**
 * A place where the policy can differ: a managed node group, or a cluster with its workers outside of managed node
 * groups.
 */
export interface NamedPlace extends Place {
  /** `CLUSTER` or `CLUSTER/NODEGROUP`. */
  readonly name: string;
}

/** The fleet as EKS describes it. */
export interface Places {
  readonly places: readonly NamedPlace[];
  /** What could not be read, and why. Which overrides apply there is unknown. */
  readonly unread: readonly string[];
}

/** A change of one key, and the places where it has an effect. */
export interface PolicyChange {
  /** For example `upgrades.mode`. */
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly places: readonly string[];
}

/** The effect of a policy document on a fleet. */
export interface FleetReport {
  readonly overrides: ReadonlyArray<{ readonly name: string; readonly places: readonly string[] }>;
  /** The settings that would change. */
  readonly changes: readonly PolicyChange[];
  /** The waves without a managed node group that takes releases; empty where not everything could be read. */
  readonly emptyWaves: readonly string[];
  readonly unread: readonly string[];
}

/**
 * Reads all clusters and managed node groups of the account and region, with a call for each and the pages of the
 * lists.
 */
export async function readPlaces(eks: EKSClient): Promise<Places> {
  const names = await listClusters(eks);
  const readCluster = createClusterReader(eks, 'tell');
  const { nodeGroups, unreadable } = await listNodeGroups(eks, names);
  const unread = [...unreadable].map(([cluster, { error }]) => `the node groups of ${cluster}: ${error}`);
  const ofClusters = await pMap(
    names,
    async (cluster): Promise<NamedPlace[]> => {
      const reading = await readCluster(cluster);
      if (reading.kind === 'unreadable') unread.push(`${cluster}: ${reading.error}`);
      return reading.kind === 'found' ? [{ name: cluster, cluster, tags: [reading.found.tags] }] : [];
    },
    { concurrency: READ_CONCURRENCY },
  );
  const ofGroups = await pMap(
    nodeGroups,
    async (key): Promise<NamedPlace[]> => {
      const name = `${key.cluster}/${key.nodegroup}`;
      const [cluster, group] = [await readCluster(key.cluster), await describeNodeGroup(eks, key, 'tell')];
      if (group.kind === 'unreadable') unread.push(`${name}: ${group.error}`);
      if (cluster.kind !== 'found' || group.kind !== 'found') return [];
      return [{ name, ...key, tags: [cluster.found.tags, group.found.tags] }];
    },
    { concurrency: READ_CONCURRENCY },
  );
  return { places: [...ofClusters, ...ofGroups].flat(), unread };
}

/**
 * The places of each override, and the settings that would differ from the policy in force; a pure function.
 *
 * @param inForce undefined where the policy in force is invalid, so that nothing can be compared
 */
export function fleetReport(
  proposed: Policy,
  inForce: Policy | undefined,
  account: string,
  { places, unread }: Places,
): FleetReport {
  const changes = new Map<string, PolicyChange>();
  for (const place of inForce === undefined ? [] : places) {
    const [before, after] = [inForce, proposed].map((policy) => settingsAt(policy, place, account));
    for (const key of new Set([...(after?.keys() ?? []), ...(before?.keys() ?? [])])) {
      const [from, to] = [before?.get(key), after?.get(key)];
      if (JSON.stringify(from) === JSON.stringify(to)) continue;
      const id = JSON.stringify([key, from, to]);
      changes.set(id, { key, from, to, places: [...(changes.get(id)?.places ?? []), place.name] });
    }
  }
  const overrides = (proposed.overrides ?? []).map(({ name, match }) => ({
    name,
    places: places.filter((place) => fits(match, place)).map((place) => place.name),
  }));
  const emptyWaves = unread.length > 0 ? [] : emptyWavesOf(proposed, places, account);
  return { overrides, changes: [...changes.values()], emptyWaves, unread };
}

/** The waves in which no managed node group takes releases: whatever is left alone is waited for by nobody. */
function emptyWavesOf(policy: Policy, places: readonly NamedPlace[], account: string): string[] {
  const taken = new Set(
    places.flatMap((place) => {
      const own = policyAt<typeof policySections, Policy>(policy, place, policySections);
      const isLeft = place.nodegroup === undefined || place.tags.some((tags = {}) => isOptedOut(tags));
      if (isLeft || isInvalid(own) || own.upgrades.mode === 'off') return [];
      return isInScope(policy.scope, account, place.cluster) ? [waveOf(own)?.name] : [];
    }),
  );
  return policy.upgrades.waves.filter((name) => !taken.has(name));
}

/** Every setting that applies at a place, by its key. */
function settingsAt(policy: Policy | undefined, place: Place, account: string): Map<string, unknown> {
  if (policy === undefined) return new Map();
  const own = policyAt<typeof policySections, Policy>(policy, place, policySections);
  if (isInvalid(own)) return new Map([['the policy there', own.error]]);
  const isTouched = isInScope(policy.scope, account, place.cluster);
  const sections = Object.keys(policySections).flatMap((section) =>
    keysOf(section, own).map((key): [string, unknown] => [key, valueAt(own, key)]),
  );
  return new Map<string, unknown>([['killSwitch', own.killSwitch], ['in scope', isTouched], ...sections]);
}

/** The keys of a section: those that overrides may change, or all that the policy has where the section holds everywhere. */
function keysOf(section: string, policy: Policy): string[] {
  const keys = strictnessOf(section);
  return keys === undefined
    ? leavesOf(section, valueAt(policy, section))
    : Object.keys(keys).map((key) => `${section}.${key}`);
}

const leavesOf = (path: string, value: unknown): string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, each]) => leavesOf(`${path}.${key}`, each))
    : [path];

/** How many places a line names. */
const NAMED = 5;

/** The report for people, one sentence per line. */
export function fleetInLines({ overrides, changes, emptyWaves, unread }: FleetReport): string[] {
  return [
    ...unread.map((what) => `warning: not read, so nobody knows what fits there: ${what}`),
    ...overrides.map(({ name, places }) =>
      places.length === 0
        ? `warning: override ${name} fits nothing that is there now`
        : `override ${name} fits ${namesOf(places)}`,
    ),
    ...emptyWaves.map(
      (wave) =>
        `warning: wave ${wave} has no managed node group that takes releases now: unless groups of your own or classes of Karpenter are in it, releases pass it at once`,
    ),
    ...changes.map(
      ({ key, from, to, places }) => `${key}: ${inWords(from)} becomes ${inWords(to)} for ${namesOf(places)}`,
    ),
  ];
}

const namesOf = (places: readonly string[]): string =>
  places.length <= NAMED ? places.join(', ') : `${places.slice(0, NAMED).join(', ')} and ${places.length - NAMED} more`;

/** Formats durations as the document writes them. No other number of the policy is as large. */
function inWords(value: unknown): string {
  if (typeof value !== 'number' || value < 60_000) return JSON.stringify(value) ?? 'nothing';
  const [unit, length] =
    value % 86_400_000 === 0 ? ['d', 86_400_000] : value % 3_600_000 === 0 ? ['h', 3_600_000] : ['m', 60_000];
  return `${value / Number(length)}${unit}`;
}

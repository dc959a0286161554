import { z } from 'zod';
import { safeParse } from '../../functions/shared/runtime/safe-parse.ts';
import { faultsOfMeantForm, fixOf, type Misfit, meantKey } from '../../functions/shared/text/fix-of-issue.ts';
import { whyNotJson } from '../../functions/shared/text/not-json.ts';
import { kubernetesMinor, wrongReleaseForm } from '../account/eks/ami-types.ts';
import { controlPlaneProblems } from './control-planes.ts';
import {
  type Fleet,
  type FleetCluster,
  FleetFileError,
  type FleetNodeGroup,
  type FleetProblem,
  type FleetSelfManagedGroup,
} from './fleet.ts';
import { gateProblems } from './gates.ts';
import { launchProblems } from './launches.ts';
import { knownReleases } from './releases.ts';
import { type FleetFile, fleetSchema } from './schema.ts';
import { targetGroupProblems } from './target-groups.ts';
import { parseIso } from './time.ts';

/** The JSON Schema of a fleet file. */
export function fleetJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(fleetSchema, { io: 'input' });
}

/**
 * Parses a fleet file.
 *
 * @param file its name, for messages
 * @throws FleetFileError that names every wrong field
 */
export function parseFleet(text: string, file: string): Fleet {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FleetFileError(file, [{ path: '', message: `not JSON: ${whyNotJson(text, error)}` }]);
  }
  const parsed = safeParse(fleetSchema, json);
  if (!parsed.success)
    throw new FleetFileError(
      file,
      parsed.error.issues.flatMap((issue) => problemsOf(issue, [], { schema: fleetSchema, input: json })),
    );
  const problems = [...contradictions(parsed.data)];
  if (problems.length === 0) problems.push(...knownReleases(parsed.data).problems);
  const fleet = { ...parsed.data, clusters: spellOut(parsed.data.clusters).map(spellOutCluster) };
  problems.push(...launchProblems(fleet), ...targetGroupProblems(fleet), ...gateProblems(fleet));
  if (problems.length > 0) throw new FleetFileError(file, problems);
  return fleet;
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, above: readonly PropertyKey[], misfit: Misfit): FleetProblem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = meantKey(key, path, misfit);
      return { path: written([...path, key]), message: `unknown key${meant && `.${meant}`}` };
    });
  }
  if (issue.code === 'invalid_union') {
    return faultsOfMeantForm(issue).flatMap((nested) => problemsOf(nested, path, misfit));
  }
  const fix = fixOf(issue, path, misfit);
  const message = fix ?? (issue.message.endsWith('received undefined') ? 'missing' : issue.message);
  return [{ path: written(path), message }];
}

function written(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

/** Contradictions between fields that are each valid. */
function contradictions({ clusters, startsAt }: FleetFile): FleetProblem[] {
  return [
    ...nameProblems(clusters, 'clusters'),
    ...clusters.flatMap((cluster, index) => {
      const path = `clusters[${index}]`;
      return [
        ...controlPlaneProblems(cluster, path, parseIso(startsAt) ?? 0),
        ...nameProblems(cluster.nodeGroups, `${path}.nodeGroups`),
        ...nameProblems(cluster.selfManagedGroups, `${path}.selfManagedGroups`),
        ...nameProblems(cluster.karpenterNodePools, `${path}.karpenterNodePools`),
        ...cluster.nodeGroups.flatMap((group, at) => versionProblems(cluster, group, `${path}.nodeGroups[${at}]`)),
      ];
    }),
  ];
}

function nameProblems(things: ReadonlyArray<{ name: string; repeat: number }>, path: string): FleetProblem[] {
  const seen = new Set<string>();
  return things.flatMap(({ name, repeat }, index) => {
    const where = `${path}[${index}].name`;
    if (repeat > 1 && !name.includes('{n}')) return [{ path: where, message: 'a repeated name must contain {n}' }];
    const names = spellOut([{ name, repeat }]).map((one) => one.name);
    const double = names.find((one) => seen.has(one));
    for (const one of names) seen.add(one);
    return double === undefined ? [] : [{ path: where, message: `the name ${double} is there already` }];
  });
}

function versionProblems(cluster: FleetCluster, group: FleetNodeGroup, path: string): FleetProblem[] {
  const { amiType, version = cluster.version, releaseVersion } = group;
  if (kubernetesMinor(version) > kubernetesMinor(cluster.version)) {
    return [{ path: `${path}.version`, message: `${version} is newer than the cluster's ${cluster.version}` }];
  }
  if (amiType === 'CUSTOM') return [];
  const example = releaseVersion === undefined ? undefined : wrongReleaseForm(amiType, version, releaseVersion);
  if (example === undefined) return [];
  const message = `not a release of ${amiType} for Kubernetes ${version}; one reads ${example}`;
  return [{ path: `${path}.releaseVersion`, message }];
}

interface Repeated {
  readonly name: string;
  readonly repeat: number;
}

/** Each item as often as it repeats, with `{n}` in its name counting from 1; `named` numbers further members. */
function spellOut<Thing extends Repeated>(
  things: readonly Thing[],
  named: (thing: Thing, numbered: (text: string) => string) => Partial<Thing> = () => ({}),
): Thing[] {
  return things.flatMap((thing) =>
    Array.from({ length: thing.repeat }, (_, index) => {
      const numbered = (text: string) => text.replaceAll('{n}', String(index + 1));
      return { ...thing, repeat: 1, name: numbered(thing.name), ...named(thing, numbered) };
    }),
  );
}

function targetGroupsOf({ targetGroups }: FleetNodeGroup | FleetSelfManagedGroup, numbered: (text: string) => string) {
  return { targetGroups: targetGroups.map((group) => ({ ...group, name: numbered(group.name) })) };
}

const spellOutCluster = (cluster: FleetCluster): FleetCluster => ({
  ...cluster,
  nodeGroups: spellOut(cluster.nodeGroups, targetGroupsOf),
  selfManagedGroups: spellOut(cluster.selfManagedGroups, targetGroupsOf),
  karpenterNodePools: spellOut(cluster.karpenterNodePools),
});

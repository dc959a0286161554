import type { Owner } from '../fleet/owners.ts';
import type { Worker } from '../fleet/worker.ts';
import { matchesWildcard } from '../text/wildcard.ts';
import { faultAmong, valueAt, withOverride } from './merge-override.ts';
import type { Match, Override } from './override.ts';
import { type InvalidPolicy, isInvalid, type PolicyWith, type Sections } from './policy.ts';

type Tags = Readonly<Record<string, string>>;

/** Where a subject is. */
export interface Place {
  readonly cluster: string;
  /** A managed node group: the names of others are only tags. Absent: the subject is of none. */
  readonly nodegroup?: string | undefined;
  /** The tags of the cluster and of the node group, apart: neither hides those of the other. */
  readonly tags: ReadonlyArray<Tags | undefined>;
}

/**
 * The policy that holds at a place; a pure function. The overrides that fit are gone through in their order, and each changes
 * its keys. One by tag changes a key only where that makes the policy no looser: whoever may set tags never gets more done.
 *
 * @param reads the sections of the function, for the rules among their keys
 * @returns an invalid policy where what several overrides say does not go together: nothing is done there
 */
export function policyAt<Read extends Sections, Policy extends PolicyWith<Read>>(
  policy: Policy | InvalidPolicy,
  place: Place,
  reads: Read,
): Policy | InvalidPolicy {
  if (isInvalid(policy)) return policy;
  const fitting = (policy.overrides ?? []).filter(({ match }) => fits(match, place));
  if (fitting.length === 0) return policy;
  const decidedBy = fitting.map(({ name }) => name);
  const changed = changedBy(policy, fitting, reads);
  return 'error' in changed ? changed : { ...policy, ...changed.sections, decidedBy };
}

/** What overrides make of the sections of a policy, or why they do not go together. */
type Changed = InvalidPolicy | { readonly sections: Readonly<Record<string, unknown>> };

/**
 * A look at a fleet asks for each node group, several times, and few sets of overrides fit: each set is merged once a policy, for
 * each reader, as readers of one section may have different rules among its keys.
 */
const CHANGED = new WeakMap<object, WeakMap<Sections, Map<string, Changed>>>();

function changedBy(policy: PolicyWith<Sections>, fitting: readonly Override[], reads: Sections): Changed {
  const readers = CHANGED.get(policy) ?? new WeakMap<Sections, Map<string, Changed>>();
  CHANGED.set(policy, readers);
  const sets = readers.get(reads) ?? new Map<string, Changed>();
  readers.set(reads, sets);
  const id = JSON.stringify(fitting.map(({ name }) => name));
  const changed = sets.get(id) ?? merge(policy, fitting, reads);
  sets.set(id, changed);
  return changed;
}

function merge(policy: PolicyWith<Sections>, fitting: readonly Override[], reads: Sections): Changed {
  const sections: Record<string, unknown> = {};
  for (const section of Object.keys(reads)) {
    const merged = fitting.reduce((held, override) => withOverride(held, override, section), valueAt(policy, section));
    const fault = faultOf(reads[section], merged);
    if (fault !== undefined) {
      const field = [section, ...fault.path].join('.');
      const names = fitting.map(({ name }) => name).join(', ');
      return { error: `The overrides ${names} do not go together: ${field}: ${fault.message}` };
    }
    sections[section] = merged;
  }
  return { sections };
}

/**
 * Where a worker is. Names and tags count as far as EKS says them: a node group of its own only where the worker is of a
 * managed one.
 *
 * @param owner absent: nobody has read it, and no tag counts
 */
export const placeOfWorker = (
  { cluster, nodegroup, ownership }: Pick<Worker, 'cluster' | 'nodegroup' | 'ownership'>,
  owner: Owner | undefined,
): Place => ({
  cluster,
  nodegroup: ownership === 'managed' ? nodegroup : undefined,
  tags: [owner?.tags, owner?.clusterTags],
});

/** Where a group of workers is. Only managed node groups have names without a colon; those of others are tags. */
export const placeOfGroup = (
  { cluster, nodegroup }: { readonly cluster: string; readonly nodegroup?: string | undefined },
  owner: Owner | undefined,
): Place => ({
  cluster,
  nodegroup: nodegroup?.includes(':') === true ? undefined : nodegroup,
  tags: [owner?.tags, owner?.clusterTags],
});

/** Which overrides decide at the place that the policy was made for, as part of a record's details. */
export const overridesIn = (policy: PolicyWith<Sections> | InvalidPolicy): { readonly overrides?: string[] } =>
  isInvalid(policy) || policy.decidedBy === undefined ? {} : { overrides: [...policy.decidedBy] };

/** Whether an override is for the place. */
export function fits({ clusters, nodegroups, tags = {} }: Match, place: Place): boolean {
  const { cluster, nodegroup } = place;
  if (clusters !== undefined && !clusters.some((pattern) => matchesWildcard(pattern, cluster))) return false;
  if (nodegroups !== undefined) {
    if (nodegroup === undefined || !nodegroups.some((pattern) => matchesWildcard(pattern, nodegroup))) return false;
  }
  return Object.entries(tags).every(([key, pattern]) =>
    place.tags.some((own) => own !== undefined && Object.hasOwn(own, key) && matchesWildcard(pattern, own[key] ?? '')),
  );
}

/** The schemas of sections, for the rules among their keys: these do not depend on defaults. Made once, as making one is dear. */
const MADE = new WeakMap<Sections[string], ReturnType<Sections[string]>>();

function faultOf(section: Sections[string] | undefined, merged: unknown): ReturnType<typeof faultAmong> {
  if (section === undefined) return undefined;
  const schema = MADE.get(section) ?? section('observe');
  MADE.set(section, schema);
  return faultAmong(schema, merged);
}

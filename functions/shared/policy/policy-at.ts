import type { Owner } from '../fleet/owners.ts';
import type { Worker } from '../fleet/worker.ts';
import { matchesWildcard } from '../text/wildcard.ts';
import { faultAmong, valueAt, withOverride } from './merge-override.ts';
import type { Match, Override } from './override.ts';
import { type InvalidPolicy, isInvalid, type PolicyWith, type Sections } from './policy.ts';

type Tags = Readonly<Record<string, string>>;

/** The place of a subject. */
export interface Place {
  readonly cluster: string;
  /** A managed node group, because names of other groups are only tags; absent where the subject belongs to none. */
  readonly nodegroup?: string | undefined;
  /** The tags of the cluster and of the node group, kept apart so that neither hides the other's. */
  readonly tags: ReadonlyArray<Tags | undefined>;
}

/**
 * The policy that holds at a place; a pure function. Matching overrides apply in their order. An override by tag
 * changes a key only where the policy becomes no looser, so that whoever may set tags never gets more done.
 *
 * @param reads the sections of the function, with the rules among their keys
 * @returns an invalid policy where several overrides contradict each other, so that nothing is done there
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

/** The sections of a policy after overrides, or why the overrides contradict each other. */
type Changed = InvalidPolicy | { readonly sections: Readonly<Record<string, unknown>> };

/**
 * The merged sections by policy, reader and set of overrides. A sweep asks for each node group several times, and few
 * sets match. Readers of one section may have different rules among its keys, so each has its own.
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
 * The place of a worker. Only names and tags that EKS reports count, so a worker has a node group only where that is a
 * managed one.
 *
 * @param owner absent where nobody has read it, and then no tag counts
 */
export const placeOfWorker = (
  { cluster, nodegroup, ownership }: Pick<Worker, 'cluster' | 'nodegroup' | 'ownership'>,
  owner: Owner | undefined,
): Place => ({
  cluster,
  nodegroup: ownership === 'managed' ? nodegroup : undefined,
  tags: [owner?.tags, owner?.clusterTags],
});

/**
 * The place of a group of workers. A name without a colon is a managed node group's; other names are tags.
 *
 * @param own the tags of a group that EKS does not manage. They count, too: by tag a policy only becomes stricter
 */
export const placeOfGroup = (
  { cluster, nodegroup }: { readonly cluster: string; readonly nodegroup?: string | undefined },
  owner: Owner | undefined,
  own?: Tags,
): Place => ({
  cluster,
  nodegroup: nodegroup?.includes(':') === true ? undefined : nodegroup,
  tags: [own, owner?.tags, owner?.clusterTags],
});

/** The overrides that apply at the place of a policy, as part of a record's details. */
export const overridesIn = (policy: PolicyWith<Sections> | InvalidPolicy): { readonly overrides?: string[] } =>
  isInvalid(policy) || policy.decidedBy === undefined ? {} : { overrides: [...policy.decidedBy] };

/** Whether an override selects the place. */
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

/**
 * The schemas of sections, for the rules among their keys, which do not depend on defaults. Each is made once, because
 * that is slow.
 */
const MADE = new WeakMap<Sections[string], ReturnType<Sections[string]>>();

function faultOf(section: Sections[string] | undefined, merged: unknown): ReturnType<typeof faultAmong> {
  if (section === undefined) return undefined;
  const schema = MADE.get(section) ?? section('observe');
  MADE.set(section, schema);
  return faultAmong(schema, merged);
}

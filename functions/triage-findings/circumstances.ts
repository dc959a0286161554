import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { placeOfGroup, policyAt } from '../shared/policy/policy-at.ts';
import type { RecordSubject } from '../shared/records/record.ts';
import type { GroupObservation } from './observation.ts';
import { type Policy, READS } from './policy.ts';
import { isAtLeast } from './urgency.ts';

type Tags = Readonly<Record<string, string>>;

/** The policy for a node group's place, as far as its tags are known. */
export function policyOf(
  policy: Policy,
  { cluster = '', nodegroup }: Pick<RecordSubject, 'cluster' | 'nodegroup'>,
  tags: readonly Tags[] = [],
): Policy {
  const place = { ...placeOfGroup({ cluster, nodegroup }, undefined), tags };
  const own: Policy | InvalidPolicy = policyAt<typeof READS, Policy>(policy, place, READS);
  // An invalid policy must start nothing, so the mode is off.
  return isInvalid(own) ? { ...policy, findings: { ...policy.findings, mode: 'off' } } : own;
}

/** The policy for a node group's place, with the tags that were read. */
export const policyFor = (policy: Policy, { subject, view }: Pick<GroupObservation, 'subject' | 'view'>): Policy =>
  policyOf(policy, subject, 'tags' in view ? [view.clusterTags, view.tags] : []);

/** The sections that apply somewhere. An override has only the members that it changes. */
const sectionsIn = ({ findings, overrides = [] }: Policy): ReadonlyArray<Partial<Policy['findings']>> => [
  findings,
  // The section's own schema has parsed them.
  ...overrides.flatMap((override) => (override.findings as Partial<Policy['findings']> | undefined) ?? []),
];

/** Whether the policy handles findings in at least one place. */
export const isAnywhereOn = (policy: Policy): boolean =>
  sectionsIn(policy).some(({ mode }) => mode !== undefined && mode !== 'off');

/** The lowest severity that counts in some place. */
export const lowestFloor = (policy: Policy): Policy['findings']['severityFloor'] =>
  sectionsIn(policy).reduce(
    (lowest, { severityFloor = lowest }) => (isAtLeast(severityFloor, lowest) ? lowest : severityFloor),
    policy.findings.severityFloor,
  );

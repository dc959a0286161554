import { groupOfClass } from '../shared/fleet/node-class-name.ts';
import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';

/** How many node classes of a cluster the ledger knows, also of those that are gone. */
const MOST_KNOWN = 1_000;

/**
 * Why the node classes of a cluster are not looked at, as a sentence: somebody creates and deletes classes without end, and
 * each look at any cluster reads what the ledger knows of all; a pure function.
 *
 * @param states of all node classes, by `subjectOf`
 * @param names of the classes that the cluster has
 */
export function whyTooMany(
  states: ReadonlyMap<string, NodeClassState>,
  cluster: string,
  names: readonly string[],
): string | undefined {
  const known = [...states.keys()].filter((subject) => subject.startsWith(`${cluster}/`));
  const present = names.map((name) => subjectOf({ cluster, nodegroup: groupOfClass(name) }));
  return new Set([...known, ...present]).size > MOST_KNOWN
    ? `The cluster has had more than ${MOST_KNOWN} EC2NodeClasses within a week.`
    : undefined;
}

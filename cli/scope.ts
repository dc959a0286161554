import { readSubject } from './subject.ts';
import { UsageError } from './usage-error.ts';

/** A cluster or node group that limits a list; empty for no limit. */
export interface Scope {
  readonly cluster?: string;
  readonly nodegroup?: string;
}

/** @throws UsageError where the text is neither a cluster nor a node group, or there are several */
export function readScope([text, ...more]: readonly string[]): Scope {
  if (more.length > 0) throw new UsageError(`"${more.join(' ')}": one CLUSTER or CLUSTER/NODEGROUP at a time`);
  if (text === undefined) return {};
  const subject = readSubject(text);
  if ('cluster' in subject) return subject;
  throw new UsageError(`"${text}": give a cluster (CLUSTER) or a node group (CLUSTER/NODEGROUP)`);
}

export const withinScope = (
  place: { readonly cluster: string; readonly nodegroup: string },
  { cluster, nodegroup }: Scope,
): boolean =>
  (cluster === undefined || place.cluster === cluster) && (nodegroup === undefined || place.nodegroup === nodegroup);

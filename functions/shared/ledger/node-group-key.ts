/** A managed node group by its names, or an Auto Scaling group or node pool by its own name. */
export interface NodeGroupKey {
  readonly cluster: string;
  readonly nodegroup: string;
}

/** A node group as one string, for maps and ledger keys. The name of a cluster has no slash. */
export const subjectOf = ({ cluster, nodegroup }: NodeGroupKey): string => `${cluster}/${nodegroup}`;

/** The node group of a `subjectOf`: the name of a cluster has no slash. */
export function keyOf(subject: string): NodeGroupKey {
  const [cluster = '', ...name] = subject.split('/');
  return { cluster, nodegroup: name.join('/') };
}

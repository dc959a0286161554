/** The members of a fleet file that a simulation draws. */
export interface Fleet {
  readonly releases: ReadonlyArray<{
    readonly at: string;
    readonly releaseVersion: string;
    readonly [key: string]: unknown;
  }>;
  /** AMIs of their owner; absent: there are none. */
  readonly images?: readonly object[];
  readonly launches: readonly object[];
  readonly changes: readonly object[];
  readonly clusters: readonly Cluster[];
  readonly [key: string]: unknown;
}

interface Cluster {
  readonly name: string;
  readonly nodeGroups: ReadonlyArray<{
    readonly name: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  }>;
  /** The functions that its Kubernetes API lets in. */
  readonly accessEntries?: readonly object[];
  readonly [key: string]: unknown;
}

/** A node group of a drawn fleet. */
export interface Group {
  readonly cluster: string;
  readonly nodeGroup: string;
}

/** A drawn fleet of which a group may be gone, or without the node that a drawn change is about. */
export const whereNodesMayLack = (fleet: Fleet): Fleet => ({
  ...fleet,
  changes: fleet.changes.map((change) => ({ ...change, mayLack: true })),
});

/** The access entries of a cluster of a drawn fleet, and one more. */
export const withAccess = (
  { accessEntries = [] }: Cluster,
  name: string,
  kubernetesGroup: string,
): readonly object[] => [...accessEntries, { function: name, kubernetesGroups: [kubernetesGroup] }];

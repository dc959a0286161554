import type { FleetFile } from './schema.ts';

type ClusterFile = FleetFile['clusters'][number];

/** A fleet from which the account is seeded, with defaults filled in, and every repetition as an item of its own. */
export type Fleet = FleetFile;
export type FleetCluster = ClusterFile;
export type FleetNodeGroup = ClusterFile['nodeGroups'][number];
export type FleetSelfManagedGroup = ClusterFile['selfManagedGroups'][number];

/** One error in a fleet file. */
export interface FleetProblem {
  /** Path, such as `clusters[0].nodeGroups[2].amiType`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** A fleet file cannot be used. Each problem names its field. */
export class FleetFileError extends Error {
  override readonly name = 'FleetFileError';
  readonly problems: readonly FleetProblem[];

  constructor(file: string, problems: readonly FleetProblem[]) {
    const lines = problems.map(({ path, message }) => `${file}: ${path === '' ? '' : `${path}: `}${message}`);
    super(lines.join('\n'));
    this.problems = problems;
  }
}

import { isImageOf } from '../../shared/releases/release-version.ts';
import { counted } from '../../shared/text/counted.ts';

/** A node that is in service, by its AMI. */
export interface Node {
  readonly instanceId?: string;
  /** The name of the node's AMI; absent where EC2 does not (yet) return it. */
  readonly imageName?: string;
  /** The id of the node's AMI; absent where EC2 does not (yet) return it. */
  readonly imageId?: string;
  /** When the instance was launched, epoch milliseconds; absent where EC2 does not (yet) return it. */
  readonly launchedAt?: number;
  /** The Availability Zone of the node; absent where EC2 does not (yet) return it. */
  readonly zone?: string;
}

/**
 * Which nodes of a group run a release, by the AMI of each node. The group's own release version only says what new
 * nodes get.
 */
export interface Spread {
  readonly total: number;
  readonly onRelease: number;
  /** The number of nodes whose AMI EC2 did not return. */
  readonly unknown: number;
  /** The AMIs of the other nodes, by name, the most frequent first. */
  readonly others: ReadonlyArray<readonly [imageName: string, count: number]>;
}

export function spreadOf(nodes: readonly Node[], releaseVersion: string, kubernetesVersion: string): Spread {
  const known = nodes.filter((node) => idOrName(node, releaseVersion) !== undefined);
  const [on, off] = partition(known, (node) => runs(node, releaseVersion, kubernetesVersion));
  const onRelease = on.length;
  const others = Map.groupBy(off, ({ imageName, imageId = '' }) => imageName ?? imageId);
  return {
    total: nodes.length,
    onRelease,
    unknown: nodes.length - known.length,
    others: [...others].map(([name, same]) => [name, same.length] as const).sort(([, a], [, b]) => b - a),
  };
}

/** EKS names a custom AMI by its id as the group's release. */
const isCustom = (releaseVersion: string): boolean => releaseVersion.startsWith('ami-');

const idOrName = ({ imageName, imageId }: Node, releaseVersion: string): string | undefined =>
  isCustom(releaseVersion) ? imageId : imageName;

const runs = ({ imageName = '', imageId }: Node, releaseVersion: string, kubernetesVersion: string): boolean =>
  isCustom(releaseVersion) ? imageId === releaseVersion : isImageOf(imageName, releaseVersion, kubernetesVersion);

const partition = <T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] => [
  all.filter(test),
  all.filter((one) => !test(one)),
];

/** Says how the nodes are spread, for example `3 of 4 nodes run 1.33.13-20260714; 1 runs amazon-eks-node-…`. */
export function spreadInWords({ total, onRelease, unknown, others }: Spread, releaseVersion: string): string {
  const also = others.map(([name, count]) => `${count} ${count === 1 ? 'runs' : 'run'} ${name}`);
  if (unknown > 0) also.push(`of ${unknown} the AMI is unknown`);
  const rest = also.length === 0 ? '' : `; ${also.join(', ')}`;
  return `${onRelease} of ${counted(total, 'node')} ${onRelease === 1 ? 'runs' : 'run'} ${releaseVersion}${rest}.`;
}

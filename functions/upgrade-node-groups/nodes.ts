import { isImageOf } from '../shared/releases/release-version.ts';
import { counted } from '../shared/text/counted.ts';

/** A node that is in service, by its AMI. */
export interface Node {
  /** The name of its AMI; absent where EC2 does not (yet) return it. */
  readonly imageName?: string;
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

export function spreadOf(nodes: readonly Node[], releaseVersion: string): Spread {
  const names = nodes.flatMap(({ imageName }) => imageName ?? []);
  const onRelease = names.filter((name) => isImageOf(name, releaseVersion)).length;
  const others = Map.groupBy(
    names.filter((name) => !isImageOf(name, releaseVersion)),
    (name) => name,
  );
  return {
    total: nodes.length,
    onRelease,
    unknown: nodes.length - names.length,
    others: [...others].map(([name, same]) => [name, same.length] as const).sort(([, a], [, b]) => b - a),
  };
}

/** For example `3 of 4 nodes run 1.33.13-20260714; 1 runs amazon-eks-node-…`. */
export function spreadInWords({ total, onRelease, unknown, others }: Spread, releaseVersion: string): string {
  const also = others.map(([name, count]) => `${count} ${count === 1 ? 'runs' : 'run'} ${name}`);
  if (unknown > 0) also.push(`of ${unknown} the AMI is unknown`);
  const rest = also.length === 0 ? '' : `; ${also.join(', ')}`;
  return `${onRelease} of ${counted(total, 'node')} ${onRelease === 1 ? 'runs' : 'run'} ${releaseVersion}${rest}.`;
}

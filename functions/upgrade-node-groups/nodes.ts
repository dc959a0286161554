import { isImageOf } from '../shared/releases/release-version.ts';
import { counted } from '../shared/text/counted.ts';

/** A node that is in service, as far as its AMI goes. */
export interface Node {
  /** The name of its AMI; absent where EC2 does not tell (yet). */
  readonly imageName?: string;
}

/** Which of a group's nodes run a release, by their own AMI: what the group says of itself is only what new nodes get. */
export interface Spread {
  readonly total: number;
  readonly onRelease: number;
  /** Of which EC2 did not tell the AMI. */
  readonly unknown: number;
  /** What the others run, by the name of the AMI, the most frequent first. */
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

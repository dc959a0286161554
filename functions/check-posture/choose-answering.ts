import type { SSMClient } from '@aws-sdk/client-ssm';
import { readAnsweringAgents } from '../shared/fleet/answering-agents.ts';
import type { DescribedInstance } from '../shared/fleet/described-instance.ts';

/** How many workers more than wanted are asked about for a group and AMI, since some may not answer. */
const SPARE = 2;
/** How many more are asked about in a look where too few of these answer: ten calls at most. */
const MORE_AT_MOST = 500;

/** A worker that may be checked. */
interface Candidate {
  readonly nodegroup: string;
  readonly instance: DescribedInstance;
}

/** The workers of one group and AMI, the oldest first. */
interface Pool<Of extends Candidate> {
  /** Those that failed before. */
  readonly failed: readonly Of[];
  /** Of the rest, those that are asked about first. */
  readonly oldest: readonly Of[];
  readonly others: readonly Of[];
}

/**
 * Chooses workers whose agent answers, on Linux: for each group and AMI those that failed before, and the oldest of the
 * others until there are enough. The newer ones are asked about only where too few of the oldest answer.
 *
 * @param failed ids of workers that failed before
 * @param most how many workers are wanted for each group and AMI
 */
export async function chooseAnswering<Of extends Candidate>(
  ssm: SSMClient,
  candidates: readonly Of[],
  { failed, most }: { readonly failed: ReadonlySet<string>; readonly most: number },
): Promise<Of[]> {
  const pools = poolsOf(candidates, failed, most);
  const answering = new Set<string>();
  const ask = async (some: readonly Of[]): Promise<void> => {
    for (const [id, platform] of await readAnsweringAgents(ssm, some.map(idOf)))
      if (platform === 'Linux') answering.add(id);
  };
  const answers = (one: Of): boolean => answering.has(idOf(one));
  await ask(pools.flatMap((pool) => [...pool.failed, ...pool.oldest]));
  const short = pools.filter((pool) => [...pool.failed, ...pool.oldest].filter(answers).length < most);
  await ask(short.flatMap(({ others }) => others.slice(0, Math.ceil(MORE_AT_MOST / short.length))));
  return pools.flatMap((pool) => {
    const again = pool.failed.filter(answers);
    const others = [...pool.oldest, ...pool.others].filter(answers);
    return [...again, ...others.slice(0, Math.max(0, most - again.length))];
  });
}

function poolsOf<Of extends Candidate>(
  candidates: readonly Of[],
  failed: ReadonlySet<string>,
  most: number,
): Pool<Of>[] {
  const alike = Map.groupBy(candidates, ({ nodegroup, instance }) => `${nodegroup} ${instance.ImageId}`);
  return [...alike.values()].map((pool) => {
    const byAge = pool.toSorted(compareAge);
    const rest = byAge.filter((one) => !failed.has(idOf(one)));
    return {
      failed: byAge.filter((one) => failed.has(idOf(one))),
      oldest: rest.slice(0, most + SPARE),
      others: rest.slice(most + SPARE),
    };
  });
}

const idOf = ({ instance }: Candidate): string => instance.InstanceId ?? '';

const compareAge = (a: Candidate, b: Candidate): number =>
  Number(a.instance.LaunchTime ?? 0) - Number(b.instance.LaunchTime ?? 0) || (idOf(a) < idOf(b) ? -1 : 1);

import type { Pair } from './ami-type.ts';
import type { SeenRelease } from './release-ledger.ts';
import { builtAt } from './release-version.ts';

const DAY = 86_400_000;

/** The day of EKS's last planned AL2 AMIs ("Amazon EKS AL2 & AL2-Accelerated AMIs transition guide"). */
const AL2_ENDED_AT = Date.parse('2025-11-26T00:00:00Z');

/** The last Kubernetes minor version with AL2 AMIs ("Retrieve recommended Amazon Linux AMI IDs", EKS user guide). */
const LAST_AL2_MINOR = 32;

/**
 * After this long without a release a pair counts as discontinued, ms. Amazon Linux and Bottlerocket get a release
 * every week or two, Windows one a month.
 */
const SILENT_FOR = 120 * DAY;

/** Says that a pair gets no more AMIs. */
export interface EndOfLife {
  /** A sentence: what has ended, and how that is known. */
  readonly what: string;
  /** A sentence: what to move to. */
  readonly move: string;
}

const isAl2 = ({ amiType }: Pair): boolean => amiType.startsWith('AL2_');

/** Whether Amazon has never published an AMI of this type for this Kubernetes version. */
export const neverPublished = (pair: Pair): boolean =>
  isAl2(pair) && Number(pair.kubernetesVersion.split('.')[1]) > LAST_AL2_MINOR;

/**
 * Whether Amazon has stopped publishing AMIs for a pair.
 *
 * @param newest the newest release on offer; undefined when there is none
 * @param now epoch milliseconds
 */
export function endOfLife(pair: Pair, newest: SeenRelease | undefined, now: number): EndOfLife | undefined {
  const move = moveFrom(pair);
  if (isAl2(pair) && (now >= AL2_ENDED_AT || neverPublished(pair))) {
    const last = neverPublished(pair)
      ? `there is none for Kubernetes ${pair.kubernetesVersion}`
      : 'these get none any more';
    return { what: `EKS publishes no new AL2 AMIs since 2025-11-26: ${last}.`, move };
  }
  if (newest === undefined) return undefined;
  const lastAt = builtAt(newest.releaseVersion) ?? newest.firstSeenAt;
  if (now - lastAt < SILENT_FOR) return undefined;
  const day = new Date(lastAt).toISOString().slice(0, 10);
  const { kubernetesVersion, amiType } = pair;
  return {
    what: `Amazon has published no AMI of ${amiType} for Kubernetes ${kubernetesVersion} since ${day}: they seem to have ended.`,
    move,
  };
}

function moveFrom({ amiType, kubernetesVersion }: Pair): string {
  if (amiType.startsWith('AL2_')) {
    return 'Create a node group of an AL2023 or Bottlerocket type, and move the workloads there.';
  }
  const newer = `Move the cluster and the node group to a Kubernetes version newer than ${kubernetesVersion}`;
  if (!amiType.startsWith('WINDOWS_')) return `${newer}.`;
  return `${newer}, or the workloads to a node group of a newer Windows Server type.`;
}

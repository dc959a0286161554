import { sweepPauseOf } from '../scenario/parts/sweeps.ts';
import type { Day } from './invariant.ts';

const MINUTE_MS = 60_000;
/** How long after a sweep at most everything was looked at, for all that faults may do, ms. */
export const SEEN_WITHIN_MS = 2 * 3_600_000;

/** What the updates of a cluster say of its Kubernetes version. */
export interface VersionHistory {
  /** Since when the version or the certificate authority is being changed, epoch ms; absent: it is not. */
  readonly changingSince?: number;
  /** EKS's type of the update that changes it. */
  readonly changingBy?: string | undefined;
  readonly isRolledBack: boolean;
  /** When the last upgrade, or the last attempt at a rollback, was begun, epoch ms; 0: never. */
  readonly since: number;
  /** When that ended at the latest, as far as the simulation has seen, epoch ms. */
  readonly seenAt: number;
}

/** Watches what becomes of the versions of control planes. `look` is to be called four times an hour. */
export function watchVersions({ run: { account } }: Day) {
  const { eks } = account.fleet;
  const ends = new Map<string, number>();
  return {
    look(): void {
      for (const name of eks.clusters.keys()) {
        for (const { id, status } of eks.updatesOf(name, undefined)) {
          if (status !== 'InProgress' && !ends.has(id)) ends.set(id, account.time.now);
        }
      }
    },
    of(cluster: string): VersionHistory {
      const updates = eks.updatesOf(cluster, undefined);
      const changing = updates.find(({ status }) => status === 'InProgress');
      const counting = updates
        .filter(
          ({ type, status }) =>
            (type === 'VersionUpdate' && status === 'Successful') ||
            (type === 'VersionRollback' && status !== 'InProgress'),
        )
        .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
      const last = counting.at(-1);
      return {
        ...(changing !== undefined && { changingSince: changing.createdAt.getTime(), changingBy: changing.type }),
        isRolledBack: last?.type === 'VersionRollback' && last.status === 'Successful',
        since: last?.createdAt.getTime() ?? 0,
        seenAt: last === undefined ? 0 : (ends.get(last.id) ?? account.time.now),
      };
    },
  };
}

/** When nodes of a cluster may follow its control plane, epoch ms; undefined: not before it is upgraded again. */
export function followsFrom(
  { scenario: { controlPlanes } }: Day,
  { isRolledBack, since, seenAt }: VersionHistory,
): number | undefined {
  if (isRolledBack) return undefined;
  const { followAfterMinutes = 0 } = controlPlanes ?? {};
  return since === 0 ? 0 : Math.max(seenAt, since + followAfterMinutes * MINUTE_MS);
}

/** Whether every function has seen what has been so since then. */
export const isSeen = ({ run, scenario }: Day, since: number): boolean =>
  run.account.time.now - since >= sweepPauseOf(scenario) + SEEN_WITHIN_MS;

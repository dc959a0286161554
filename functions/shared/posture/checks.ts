import { CHECKS, type CheckId } from './benchmark.ts';
import { HOST_CHECKS, type HostCheckId } from './host-checks.ts';
import type { Judgement } from './verdict.ts';

/** A check of the benchmark, or one of our own. */
export type PostureCheckId = CheckId | HostCheckId;

export interface PostureCheck {
  readonly id: PostureCheckId;
  readonly title: string;
  readonly todo: string;
  /** What EKS Auto Mode provides instead, where known. */
  readonly autoMode?: string;
  /** Whether the check is part of the CIS Amazon EKS Benchmark. */
  readonly isOfBenchmark: boolean;
  /** The check only appears in the report; nobody is notified. */
  readonly isReported?: true;
}

/** All checks, in display order. */
export const POSTURE_CHECKS: readonly PostureCheck[] = [
  ...CHECKS.map(({ id, title, todo }) => ({ id, title, todo, isOfBenchmark: id !== 'EHR.1' })),
  ...HOST_CHECKS.map((check) => ({ ...check, isOfBenchmark: false })),
];

/** A missing check was not made. */
export type PostureJudgements = Readonly<Partial<Record<PostureCheckId, Judgement>>>;

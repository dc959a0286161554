import { CHECKS, type CheckId } from './benchmark.ts';
import { HOST_CHECKS, type HostCheckId } from './host-checks.ts';
import type { Judgement } from './verdict.ts';

/** A check of the benchmark, or one of our own. */
export type PostureCheckId = CheckId | HostCheckId;

export interface PostureCheck {
  readonly id: PostureCheckId;
  readonly title: string;
  readonly todo: string;
  /** What EKS Auto Mode gives instead, where that is known. */
  readonly autoMode?: string;
  /** Whether the CIS Amazon EKS Benchmark has it. */
  readonly isOfBenchmark: boolean;
  /** Shown in the report, and not told of. */
  readonly isReported?: true;
}

/** All checks, in the order in which they are shown. */
export const POSTURE_CHECKS: readonly PostureCheck[] = [
  ...CHECKS.map(({ id, title, todo }) => ({ id, title, todo, isOfBenchmark: id !== 'EHR.1' })),
  ...HOST_CHECKS.map((check) => ({ ...check, isOfBenchmark: false })),
];

/** A check that is not here was not made. */
export type PostureJudgements = Readonly<Partial<Record<PostureCheckId, Judgement>>>;

import type { CheckId } from './benchmark.ts';

/** The source of a value, for people: a file and line, a flag, or neither. */
export interface Evidence {
  readonly file?: string;
  readonly line?: number;
  readonly flag?: string;
  /** What was found, in words. */
  readonly value: string;
}

/** MANUAL: the evidence does not decide it. N/A: the check does not apply to such a node. */
export type Verdict = 'PASS' | 'FAIL' | 'MANUAL' | 'N/A';

export interface Judgement {
  readonly verdict: Verdict;
  /** The evidence behind the verdict, the most relevant first. Never empty. */
  readonly evidence: readonly Evidence[];
}

export type Judgements = Readonly<Record<CheckId, Judgement>>;

export const judged = (verdict: Verdict, ...evidence: ReadonlyArray<Evidence | string>): Judgement => ({
  verdict,
  evidence: evidence.map((item) => (typeof item === 'string' ? { value: item } : item)),
});

import type { AwsCall } from '../../shared/records/record.ts';
import type { Decision } from '../decision.ts';
import type { Observation } from '../observation.ts';
import type { Reason } from '../reasons.ts';
import type { StartedRemedy } from '../worker-ledger.ts';

/** A worker, with the decision about it. */
export interface Decided {
  readonly observation: Observation;
  readonly decision: Decision;
}

/** How the start of a remedy went for one worker. */
export type Beginning =
  | { readonly kind: 'begun'; readonly calls: readonly AwsCall[]; readonly commandId?: string }
  | { readonly kind: 'refused'; readonly reason: Reason; readonly message: string; readonly hint?: string | undefined }
  /** It is not this worker's turn yet. The next reconcile decides about it again. */
  | { readonly kind: 'deferred'; readonly message: string };

/** The results, by instance id. */
export type Beginnings = ReadonlyMap<string, Beginning>;

/** The workers for which a remedy of this kind is to begin. */
export const toBegin = (decided: readonly Decided[], kind: StartedRemedy['kind']): Observation[] =>
  decided.filter(({ decision }) => decision.begin === kind).map(({ observation }) => observation);

import type { RecordSubject } from '../records/record.ts';

/**
 * The actions that operators can request on the dashboard. The function that takes a request decides whether to grant
 * it.
 */
export const OPERATOR_ACTIONS = ['release', 'extend', 'terminate', 'approve', 'reject', 'resume', 'retry'] as const;
export type OperatorAction = (typeof OPERATOR_ACTIONS)[number];

/** One action, both as it is offered and as it is sent. */
export interface Offer {
  readonly action: OperatorAction;
  /** The function that takes the request. */
  readonly remediation: string;
  readonly subject: RecordSubject;
  /** Id of the plan that an approval or rejection is about. Once something else is proposed, the request is refused. */
  readonly plan?: string;
}

/** The form fields in which an operator says who requests an action, and why. */
export const ACTION_FIELDS = { who: 'ehr-who', why: 'ehr-why', by: 'ehr-by' } as const;

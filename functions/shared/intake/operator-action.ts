import type { RecordSubject } from '../records/record.ts';

/**
 * The actions that operators can request on the dashboard. The function that takes a request decides whether to grant
 * it.
 */
export const OPERATOR_ACTIONS = ['release', 'extend', 'terminate', 'approve', 'reject', 'resume', 'retry'] as const;
export type OperatorAction = (typeof OPERATOR_ACTIONS)[number];

/** One action, as it is offered and as it is sent once chosen. */
export interface Offer {
  readonly action: OperatorAction;
  /** The function that takes the request. */
  readonly remediation: string;
  readonly subject: RecordSubject;
  /** The plan that it is about, by its id: of approve and reject. Once something else is proposed, the request is refused. */
  readonly plan?: string;
}

/** The form fields in which an operator says who requests an action, and why. */
export const ACTION_FIELDS = { who: 'ehr-who', why: 'ehr-why', by: 'ehr-by' } as const;

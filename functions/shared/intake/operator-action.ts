import type { RecordSubject } from '../records/record.ts';

/** What an operator can ask for on the dashboard. Whether it is granted, the function decides that is asked. */
export const OPERATOR_ACTIONS = ['release', 'extend', 'terminate', 'approve', 'reject', 'resume', 'retry'] as const;
export type OperatorAction = (typeof OPERATOR_ACTIONS)[number];

/** One action as it is offered, and as it comes back when somebody chose it. */
export interface Offer {
  readonly action: OperatorAction;
  /** The function that is asked. */
  readonly remediation: string;
  readonly subject: RecordSubject;
}

/** The fields of the form in which somebody says who asks for an action, and why. */
export const ACTION_FIELDS = { who: 'ehr-who', why: 'ehr-why', by: 'ehr-by' } as const;

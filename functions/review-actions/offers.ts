import type { Requestable } from '../../events/remediation-request.ts';
import type { Offer, OperatorAction } from '../shared/intake/operator-action.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { isGroupClosed, isLastWord, isResumable, meansQuarantine } from '../shared/records/status.ts';

/**
 * The actions to offer for a subject, by the latest record of each function. This only hides requests that would be
 * refused: the function that takes a request checks for itself.
 *
 * @param records about just this subject, latest last
 * @param requestable the actions that operators can request, by function
 */
export function offersFor(records: readonly ReadRecord[], requestable: readonly Requestable[]): Offer[] {
  const lastWords = new Map<string, ReadRecord>();
  for (const record of records) {
    const { remediation } = record;
    if (isLastWord(record, lastWords.get(remediation))) lastWords.set(remediation, record);
  }
  return [...lastWords.values()].flatMap((record) => {
    const { remediation, cluster, nodegroup, instance } = record;
    const taker = requestable.find(({ name }) => name === remediation);
    const subject = {
      ...(cluster !== undefined && { cluster }),
      ...(nodegroup !== undefined && { nodegroup }),
      ...(instance !== undefined && { instance }),
    };
    const reasons = records.flatMap((each) => (each.remediation === remediation ? [each.reason] : []));
    return (isGroupClosed(reasons) ? (['release'] as const) : fitting(record))
      .filter((action) => taker?.requests.includes(action) === true && isTakenAbout(taker, record, action))
      .map((action) => ({ action, remediation, subject, ...planOf(record) }));
  });
}

/**
 * The approval on offer for what a record proposes, with the plan that the record names; undefined where no function
 * takes one.
 */
export const approvalOf = (record: ReadRecord, requestable: readonly Requestable[]): Offer | undefined =>
  offersFor([record], requestable).find(({ action, plan }) => action === 'approve' && plan !== undefined);

/** The plan that a record proposes. */
const planOf = ({ decision, details }: ReadRecord): { readonly plan?: string } => {
  const plan = details?.plan;
  return decision === 'would-act' && typeof plan === 'string' ? { plan } : {};
};

function fitting({ decision, reason }: ReadRecord): OperatorAction[] {
  if (meansQuarantine(reason)) return ['release', 'extend', 'terminate'];
  if (reason === 'proposal-rejected') return ['approve'];
  if (decision === 'would-act') return ['approve', 'reject'];
  if (isResumable(reason)) return ['resume'];
  return decision === 'failed' || reason === 'retry-later' ? ['retry'] : [];
}

/**
 * Requests name node groups by name and workers by id. A node group that is public by design can only be opened again.
 */
const isTakenAbout = (
  { subject }: Requestable,
  { instance, nodegroup }: ReadRecord,
  action: OperatorAction,
): boolean =>
  instance === undefined
    ? nodegroup !== undefined && (subject === 'node-group' || action === 'release')
    : subject === 'instance';

import * as z from 'zod';
import * as quarantineRequest from '../../events/quarantine-request.ts';
import * as remediationRequest from '../../events/remediation-request.ts';
import { ACTION_FIELDS, OPERATOR_ACTIONS } from '../shared/intake/operator-action.ts';
import type { RecordSubject } from '../shared/records/record.ts';
import { typed, widgetEvent } from '../shared/widget/widget-event.ts';

/** What is asked for, as the event of one of the functions. */
export interface RequestedChange {
  readonly detailType: string;
  readonly detail: object;
  /** What it is about, for the answer. */
  readonly action: string;
  readonly name: string;
  readonly subject: RecordSubject;
  /** The function that shows what came of it; undefined where the button carried none. */
  readonly view?: string;
}

const name = z.string().min(1).max(300).optional();
const event = widgetEvent.extend({
  action: z.enum(OPERATOR_ACTIONS),
  remediation: z.string().max(60),
  subject: z.object({ cluster: name, nodegroup: name, instance: name }),
  view: z
    .string()
    .max(300)
    .regex(/^arn:[\w:-]+$/)
    .optional()
    .catch(undefined),
});

/** What people read instead of the names of members. */
const FIELDS: Readonly<Record<string, string>> = { why: 'Reason', requestedBy: 'Your name', by: 'Extend by' };

/**
 * Reads what somebody asked for on the dashboard, by the schema of the event that it becomes.
 *
 * CloudWatch does not tell a widget's function who the viewer is. So `requestedBy` is what they say of themselves, marked
 * as such; the principal who really invoked this function stands in CloudTrail (Lambda data events).
 *
 * @param requestable what can be asked of which function
 * @returns the request, or what is wrong with it, in sentences
 */
export function readRequestedChange(
  given: unknown,
  requestable: readonly remediationRequest.Requestable[],
): RequestedChange | { readonly problems: readonly string[] } {
  const parsed = event.safeParse(given);
  if (!parsed.success) return { problems: ['This is no action of the widget.'] };
  const { action, remediation, subject, view, widgetContext } = parsed.data;
  const { cluster: clusterName, nodegroup: nodegroupName, instance: instanceId } = subject;
  const [who, why, by] = [ACTION_FIELDS.who, ACTION_FIELDS.why, ACTION_FIELDS.by].map((field) =>
    typed(widgetContext, field),
  );
  if (who === undefined || who === '') return { problems: ['Your name: is missing.'] };
  const about =
    instanceId === undefined
      ? { ...(clusterName !== undefined && { clusterName }), ...(nodegroupName !== undefined && { nodegroupName }) }
      : { instanceId };
  const asked = { ...about, why: why ?? '', requestedBy: `${who} (by the dashboard)` };
  const [detailType, detail] =
    action === 'release' || action === 'extend' || action === 'terminate'
      ? ([
          quarantineRequest.detailType,
          quarantineRequest.detail.safeParse({ action, ...asked, ...(action === 'extend' && { by: by ?? '' }) }),
        ] as const)
      : ([
          remediationRequest.detailType,
          remediationRequest.detailFor(requestable).safeParse({ action, remediation, ...asked }),
        ] as const);
  if (!detail.success) {
    return { problems: detail.error.issues.map(({ path, message }) => `${titleOf(path)}: ${message}.`) };
  }
  return {
    detailType,
    detail: detail.data,
    action,
    name: instanceId ?? `${clusterName}/${nodegroupName}`,
    subject: {
      ...(clusterName !== undefined && { cluster: clusterName }),
      ...(nodegroupName !== undefined && { nodegroup: nodegroupName }),
      ...(instanceId !== undefined && { instance: instanceId }),
    },
    ...(view !== undefined && { view }),
  };
}

const titleOf = ([field]: readonly PropertyKey[]): string => FIELDS[String(field)] ?? String(field);

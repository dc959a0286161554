import * as z from 'zod';
import { planId } from '../../events/envelope.ts';
import * as quarantineRequest from '../../events/quarantine-request.ts';
import * as remediationRequest from '../../events/remediation-request.ts';
import { ACTION_FIELDS, OPERATOR_ACTIONS } from '../shared/intake/operator-action.ts';
import type { RecordSubject } from '../shared/records/record.ts';
import { safeParse } from '../shared/runtime/safe-parse.ts';
import { typed, widgetEvent } from '../shared/widget/widget-event.ts';

/** A requested change, as the event that one of the functions takes. */
export interface RequestedChange {
  readonly detailType: string;
  readonly detail: object;
  /** The action, and the name and subject of its target, for the confirmation. */
  readonly action: string;
  readonly name: string;
  readonly subject: RecordSubject;
  /** The function that renders the result; undefined where the button named none. */
  readonly view?: string;
}

const name = z.string().min(1).max(300).optional();
const event = widgetEvent.extend({
  action: z.enum(OPERATOR_ACTIONS),
  remediation: z.string().max(60),
  subject: z.object({ cluster: name, nodegroup: name, instance: name }),
  plan: planId.optional(),
  view: z
    .string()
    .max(300)
    .regex(/^arn:[\w:-]+$/)
    .optional()
    .catch(undefined),
});

/** Labels that people see instead of the field names. */
const FIELDS: Readonly<Record<string, string>> = { why: 'Reason', requestedBy: 'Your name', by: 'Extend by' };

/**
 * Validates a request from the dashboard against the schema of the event that it becomes.
 *
 * CloudWatch does not tell a widget's function who the viewer is. So `requestedBy` is what viewers claim about
 * themselves, and is marked as such. CloudTrail (Lambda data events) shows the principal that really invoked this
 * function.
 *
 * @param requestable the actions that operators can request, by function
 * @returns the request, or a list of sentences that say what is wrong with it
 */
export function readRequestedChange(
  given: unknown,
  requestable: readonly remediationRequest.Requestable[],
): RequestedChange | { readonly problems: readonly string[] } {
  const parsed = safeParse(event, given);
  if (!parsed.success) return { problems: ['This is no action of the widget.'] };
  const { action, remediation, subject, plan, view, widgetContext } = parsed.data;
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
          quarantineRequest.detail().safeParse({ action, ...asked, ...(action === 'extend' && { by: by ?? '' }) }),
        ] as const)
      : ([
          remediationRequest.detailType,
          remediationRequest
            .detailFor(requestable)
            .safeParse({ action, remediation, ...asked, ...(plan !== undefined && { plan }) }),
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

/** How many subjects one press of a button may name. */
const MOST_AT_ONCE = 200;

const many = z.looseObject({ all: z.array(z.looseObject({})).min(1).max(MOST_AT_ONCE) });

/**
 * Reads a request about one subject, or about all that a button lists. Each is validated separately, so that an invalid
 * one does not prevent the others.
 */
export function readRequestedChanges(
  given: unknown,
  requestable: readonly remediationRequest.Requestable[],
): { readonly changes: readonly RequestedChange[]; readonly problems: readonly string[] } {
  const listed = safeParse(many, given);
  const each = listed.success ? listed.data.all.map((one) => ({ ...listed.data, ...one })) : [given];
  const read = each.map((one) => readRequestedChange(one, requestable));
  return {
    changes: read.flatMap((one) => ('problems' in one ? [] : [one])),
    // A fault of all of them, such as a missing name, is reported once.
    problems: [...new Set(read.flatMap((one) => ('problems' in one ? one.problems : [])))],
  };
}

const titleOf = ([field]: readonly PropertyKey[]): string => FIELDS[String(field)] ?? String(field);

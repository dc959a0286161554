import * as z from 'zod';
import type { RecordSubject } from '../shared/records/record.ts';
import { decisionKind } from '../shared/records/record.ts';
import { shownRange, typed, type WidgetContext, widgetEvent } from '../shared/widget/widget-event.ts';

/** The fields of the form that narrows the records. */
export const FILTER_FIELDS = { find: 'ehr-find', decision: 'ehr-decision', remediation: 'ehr-function' } as const;

const name = z.string().max(300);
const subject = z.object({ cluster: name.optional(), nodegroup: name.optional(), instance: name.optional() });
const filter = z.object({
  find: z.string().max(200).catch(''),
  decision: z.union([decisionKind, z.literal('')]).catch(''),
  remediation: z
    .string()
    .regex(/^[a-z-]{0,40}$/)
    .catch(''),
});

/** Which records are asked for; an empty text asks for all. */
export type Filter = Readonly<z.infer<typeof filter>>;
export const NO_FILTER: Filter = { find: '', decision: '', remediation: '' };

/** Where a page of records begins: at this second, after so many records of it that were shown before. */
const cursor = z.object({ second: z.int().min(0), skip: z.int().min(0).max(5_000) });
export type Cursor = Readonly<z.infer<typeof cursor>>;

/** What comes back from the markup's own buttons, beside what CloudWatch adds. */
const event = widgetEvent.extend({
  filter: filter.optional().catch(undefined),
  /** The filter is taken off, whatever still stands in its form. */
  cleared: z.boolean().catch(false),
  /** The pages up to the one that is asked for, so that one can go back. */
  trail: z.array(cursor).max(500).catch([]),
  subject: subject.optional().catch(undefined),
  /** The id of the event by which something was asked for: its answer is waited for. */
  awaits: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional()
    .catch(undefined),
});

/** What the widget is asked to show. */
export interface Question {
  readonly describe: boolean;
  /** Epoch milliseconds. */
  readonly range: { readonly start: number; readonly end: number };
  readonly filter: Filter;
  readonly trail: readonly Cursor[];
  /** The incident of this one is asked for. */
  readonly subject?: RecordSubject;
  /** The answer to this request is waited for: the id of its event. */
  readonly awaits?: string;
  readonly look: Pick<WidgetContext, 'theme' | 'width' | 'timezone'>;
}

const DAY_MS = 86_400_000;

/**
 * Reads what CloudWatch calls the widget with. What was typed into the filter counts more than what a button carries; a
 * value that is none is as good as no value, since everybody who may look may also send anything.
 */
export function readQuestion(given: unknown, now: number): Question {
  const parsed = event.safeParse(given);
  const {
    describe,
    widgetContext,
    filter: carried = NO_FILTER,
    trail,
    subject: asked,
    awaits,
    cleared,
  } = parsed.data ?? event.parse({});
  const { theme, width, timezone } = widgetContext;
  const chosen = Object.entries(FILTER_FIELDS).map(([key, field]) => [key, typed(widgetContext, field)]);
  const about = Object.entries(asked ?? {}).filter(([, value]) => value !== undefined && value !== '');
  return {
    describe: describe !== undefined && describe !== false,
    range: shownRange(widgetContext) ?? { start: now - 7 * DAY_MS, end: now },
    filter: cleared
      ? NO_FILTER
      : filter.parse({ ...carried, ...Object.fromEntries(chosen.filter(([, value]) => value !== undefined)) }),
    trail,
    ...(awaits !== undefined && { awaits }),
    ...(about.length > 0 && { subject: Object.fromEntries(about) }),
    look: { theme, width, timezone },
  };
}

import * as z from 'zod';
import type { RecordSubject } from '../shared/records/record.ts';
import { decisionKind } from '../shared/records/record.ts';
import { safeParse } from '../shared/runtime/safe-parse.ts';
import { LAST_TIME, shownRange, typed, type WidgetContext, widgetEvent } from '../shared/widget/widget-event.ts';

/** The form fields that filter the records. */
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

/** The records that are requested; an empty text matches all. */
export type Filter = Readonly<z.infer<typeof filter>>;
export const NO_FILTER: Filter = { find: '', decision: '', remediation: '' };

/** Start of a page of records: the second, and how many records of that second were shown before. */
const cursor = z.object({
  second: z
    .int()
    .min(0)
    .max(LAST_TIME / 1_000),
  skip: z.int().min(0).max(5_000),
});
export type Cursor = Readonly<z.infer<typeof cursor>>;

/** The pages beside the overview and the incidents. */
const PAGES = ['posture', 'plan'] as const;

/** What the widget's own buttons send, besides what CloudWatch adds. */
const event = widgetEvent.extend({
  filter: filter.optional().catch(undefined),
  /** Clears the filter, whatever the form still contains. */
  cleared: z.boolean().catch(false),
  /** The start of each page up to the requested one, so that the viewer can go back. */
  trail: z.array(cursor).max(500).catch([]),
  subject: subject.optional().catch(undefined),
  /** The page to show; absent for the overview or the incident of a subject. */
  page: z.enum(PAGES).optional().catch(undefined),
  /** Id of the event of a request whose answer is awaited. */
  awaits: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional()
    .catch(undefined),
});

/** What the widget is to show. */
export interface Question {
  readonly describe: boolean;
  /** Epoch milliseconds. */
  readonly range: { readonly start: number; readonly end: number };
  readonly filter: Filter;
  readonly trail: readonly Cursor[];
  /**
   * The page to show beside overview and incident. A subject limits it to its cluster, and the posture page also to its
   * group.
   */
  readonly page?: (typeof PAGES)[number];
  /** The subject whose incident to show. */
  readonly subject?: RecordSubject;
  /** Id of the event of a request whose answer is awaited. */
  readonly awaits?: string;
  readonly look: Pick<WidgetContext, 'theme' | 'width' | 'timezone'>;
}

const DAY_MS = 86_400_000;

/**
 * Reads the event by which CloudWatch invokes the widget. Values typed into the filter override those that a button
 * carries. Invalid values count as absent, since everybody with access can send anything.
 */
export function readQuestion(given: unknown, now: number): Question {
  const parsed = safeParse(event, given);
  const {
    describe,
    widgetContext,
    filter: carried = NO_FILTER,
    trail,
    subject: asked,
    page,
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
    ...(page !== undefined && { page }),
    ...(awaits !== undefined && { awaits }),
    ...(about.length > 0 && { subject: Object.fromEntries(about) }),
    look: { theme, width, timezone },
  };
}

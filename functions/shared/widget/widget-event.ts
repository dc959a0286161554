import * as z from 'zod';

const shortText = z.string().max(500);

/** The last millisecond of the year 9999, which each time zone can show. */
export const LAST_TIME = Date.UTC(10_000, 0) - 1;

/** Epoch milliseconds. */
const time = z.number().min(0).max(LAST_TIME);

/**
 * What CloudWatch says about the dashboard in each call of a custom widget: time range, theme, size, and the form input
 * in the widget's markup. It does not say who views the dashboard. Missing or invalid values get a default, so that the
 * widget is shown whatever CloudWatch sends.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
const widgetContext = z.object({
  theme: z.enum(['light', 'dark']).catch('light'),
  /** Pixels. */
  width: z.number().min(200).max(4_000).catch(1_000),
  /** `offsetISO` is used, because the sign of `offsetInMinutes` is ambiguous. */
  timezone: z
    .object({ label: shortText, offsetISO: z.string().regex(/^[+-]\d\d:\d\d$/) })
    .catch({ label: 'UTC', offsetISO: '+00:00' }),
  timeRange: z
    .object({
      start: time,
      end: time,
      /** The part of the range that the viewer has zoomed into, which the other widgets show as well. */
      zoom: z.object({ start: time, end: time }).optional(),
    })
    .optional()
    .catch(undefined),
  forms: z.object({ all: z.record(z.string(), z.unknown()) }).catch({ all: {} }),
});

/** A call of a custom widget, without the widget's own parameters. */
export const widgetEvent = z.object({
  /** Set when CloudWatch asks for the documentation of the widget. */
  describe: z.unknown().optional(),
  widgetContext: z.preprocess((given) => given ?? {}, widgetContext),
});
export type WidgetContext = z.infer<typeof widgetContext>;

/** The text typed into a field; undefined when the markup had no such field. */
export function typed({ forms }: Pick<WidgetContext, 'forms'>, field: string): string | undefined {
  const value = forms.all[field];
  return typeof value === 'string' ? value.trim() : undefined;
}

/** The time range to show, epoch milliseconds; undefined when CloudWatch sent none. */
export function shownRange({ timeRange }: WidgetContext): { readonly start: number; readonly end: number } | undefined {
  const { start, end } = timeRange?.zoom ?? timeRange ?? { start: 0, end: 0 };
  return start < end ? { start, end } : undefined;
}

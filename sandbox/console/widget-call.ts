import * as z from 'zod';
import type { EmbeddedAccount } from '../embedded-account.ts';

const HOUR_MS = 3_600_000;
/** Relative time ranges that CloudWatch offers, ms. */
const RANGES = {
  '3h': 3 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  '1d': 24 * HOUR_MS,
  '3d': 72 * HOUR_MS,
  '1w': 168 * HOUR_MS,
} as const;

const range = z.enum(['3h', '12h', '1d', '3d', '1w']);

/** A call by the browser: the function, its parameters, and the state of the dashboard. */
export const widgetCall = z.object({
  endpoint: z.string(),
  params: z.record(z.string(), z.unknown()),
  context: z.object({
    theme: z.enum(['light', 'dark']),
    range,
    /** Pixels. */
    width: z.number(),
    forms: z.record(z.string(), z.string()),
  }),
});
export type WidgetCall = z.infer<typeof widgetCall>;

/** The widget on the stack's dashboard. */
export interface DashboardWidget {
  readonly title: string;
  readonly endpoint: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const dashboardBody = z.object({
  widgets: z.array(
    z.object({
      type: z.string(),
      properties: z.object({
        title: z.string().optional(),
        endpoint: z.string().optional(),
        params: z.record(z.string(), z.unknown()).optional(),
      }),
    }),
  ),
});

/**
 * The first custom widget on the stack's dashboards.
 * @throws Error when there is none
 */
export function dashboardWidget({ cloudWatch }: EmbeddedAccount): DashboardWidget {
  const widgets = cloudWatch.dashboards.flatMap(({ body }) => dashboardBody.parse(JSON.parse(body)).widgets);
  const { title = '', endpoint, params = {} } = widgets.find(({ type }) => type === 'custom')?.properties ?? {};
  if (endpoint === undefined) throw new Error('No dashboard has a custom widget.');
  return { title, endpoint, params };
}

/** The event with which CloudWatch invokes a custom widget's function. */
export function widgetEventOf({ world, time }: EmbeddedAccount, { params, context }: WidgetCall): object {
  const { theme, width, forms } = context;
  const span = RANGES[context.range];
  return {
    ...params,
    widgetContext: {
      dashboardName: 'sandbox',
      widgetId: 'widget-1',
      accountId: world.accountId,
      locale: 'en',
      timezone: { label: 'UTC', offsetISO: '+00:00', offsetInMinutes: 0 },
      period: 300,
      isAutoPeriod: true,
      timeRange: { mode: 'relative', start: time.now - span, end: time.now, relativeStart: span },
      theme,
      linkCharts: true,
      title: 'review-actions',
      forms: { all: forms },
      params,
      width,
      height: 600,
    },
  };
}

import * as z from 'zod';

/** One alarm of the account and region, by its name: any text of at most 255 characters (API reference, PutMetricAlarm). */
export const alarmName = z.string().min(1).max(255);

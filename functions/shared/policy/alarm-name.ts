import * as z from 'zod';

/**
 * The name of one alarm of the account and region, which is any text of at most 255 characters (API reference,
 * PutMetricAlarm).
 */
export const alarmName = z.string().min(1).max(255);

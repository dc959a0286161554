import type { NormalizedSchema } from '@smithy/core/schema';

/** The SDK's sentinel values of timestamp schemas (`@smithy/types`, schema/sentinels). */
const DATE_TIME = 5;
const HTTP_DATE = 6;
const EPOCH_SECONDS = 7;

/** The default timestamp format of a place on the wire, for schemas without a format of their own. */
export type DefaultTimestamp = typeof DATE_TIME | typeof EPOCH_SECONDS;

/** JSON bodies use epoch seconds. */
export const JSON_TIMESTAMP: DefaultTimestamp = EPOCH_SECONDS;
/** Forms, XML, path labels and query strings use ISO 8601. */
export const TEXT_TIMESTAMP: DefaultTimestamp = DATE_TIME;

const isNumeric = (value: string): boolean => value !== '' && Number.isFinite(Number(value));

/** A timestamp from the wire; undefined when the value is invalid. Numbers are epoch seconds everywhere. */
export function readTimestamp(value: string | number): Date | undefined {
  const milliseconds =
    typeof value === 'number' || isNumeric(value) ? Math.round(Number(value) * 1000) : Date.parse(value);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds);
}

/** A timestamp for the wire, in the schema's own format, or else in the default format of the place. */
export function writeTimestamp(schema: NormalizedSchema, value: Date, byDefault: DefaultTimestamp): string | number {
  const own = schema.getSchema();
  const format = own === DATE_TIME || own === HTTP_DATE || own === EPOCH_SECONDS ? own : byDefault;
  if (format === EPOCH_SECONDS) return value.getTime() / 1000;
  return format === HTTP_DATE ? value.toUTCString() : value.toISOString();
}

import * as z from 'zod';

/** How much a record matters, on Security Hub's scale, least severe first. */
export const severity = z.enum(['informational', 'low', 'medium', 'high', 'critical']);
export type Severity = z.infer<typeof severity>;

/** Whether one severity is at least as severe as another. */
export const isAtLeast = (one: Severity, other: Severity): boolean => rankOf(one) >= rankOf(other);

const rankOf = (one: Severity): number => severity.options.indexOf(one);
